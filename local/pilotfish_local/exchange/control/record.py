"""Reading the book, and opening and changing accounts."""

from pilotfish_local.exchange.control import models, views
from pilotfish_local.exchange.control.actions import Action, NotFound, Query, read
from pilotfish_local.exchange.engine.accounts import Balance
from pilotfish_local.exchange.exchange import Exchange


def orders(exchange: Exchange, body: bytes, query: Query) -> object:
    """GET orders: what was accepted and what was refused, from `since` (nanoseconds) on."""
    since, book = int(query.get("since", 0)), exchange.engine.book
    accepted = [
        order
        for order in book.orders
        if order.accepted_ns >= since
        and query.get("account") in (None, order.account)
        and query.get("venue") in (None, order.instrument.venue)
        and query.get("symbol") in (None, order.instrument.symbol)
        and query.get("client_id") in (None, order.client_id)
    ]
    rejected = [
        entry
        for entry in book.rejections
        if entry.at_ns >= since
        and query.get("account") in (None, entry.account)
        and query.get("venue") in (None, entry.venue)
        and query.get("symbol") in (None, entry.symbol)
        and query.get("client_id") in (None, entry.client_id)
    ]
    return {
        "orders": [views.order_view(order) for order in accepted],
        "rejected": [views.rejection_view(entry) for entry in rejected],
    }


def summary(exchange: Exchange, body: bytes, query: Query) -> object:
    """GET summary: the book in numbers."""
    return views.summary(exchange)


def accounts(exchange: Exchange, body: bytes, query: Query) -> object:
    """GET accounts: balances and positions."""
    return {
        "accounts": [
            views.account_view(exchange, account)
            for account in exchange.engine.accounts.values()
            if query.get("account") in (None, account.name)
            and query.get("venue") in (None, account.venue)
        ]
    }


def open_accounts(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST accounts: any number in one call."""
    wanted = read(models.NewAccounts, body).accounts
    opened = [exchange.open_account(**dict(account)) for account in wanted]
    return {"opened": len(opened)}


def change_account(exchange: Exchange, body: bytes, name: str) -> object:
    """PATCH accounts/{name}."""
    change = read(models.AccountChange, body)
    account = exchange.engine.accounts.get(name)
    if account is None:
        raise NotFound(f"no account {name}")
    for what in ("enabled", "expired", "can_trade", "can_withdraw"):
        value = getattr(change, what)
        if value is not None:
            setattr(account, what, value)
    if change.allowed_ips is not None or change.any_ip:
        account.allowed_ips = change.allowed_ips
    for asset, total in (change.balances or {}).items():
        account.balances[asset] = Balance(total, account.balance(asset).locked)
    return views.account_view(exchange, account)


ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "orders"): orders,
    ("GET", "summary"): summary,
    ("GET", "accounts"): accounts,
    ("POST", "accounts"): open_accounts,
}
