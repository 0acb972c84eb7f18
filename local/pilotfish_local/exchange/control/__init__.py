"""What a test or the demo tells the exchange, and what it asks of it."""
