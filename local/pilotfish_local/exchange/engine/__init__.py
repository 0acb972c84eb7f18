"""One matching engine for all venues: markets, accounts, orders, and the book."""
