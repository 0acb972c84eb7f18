"""Kraken's ids: six, five and six letters or digits, an order's with O first, a trade's with T."""

from pilotfish_local.exchange.engine.orders import Fill, Order

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
LENGTH = 16


def order_txid(order: Order) -> str:
    """The id under which Kraken knows an order of the book."""
    return _written("O", order.id)


def trade_txid(fill: Fill) -> str:
    """The id of an execution, unique over all pairs."""
    return _written("T", fill.order.instrument.product_id << 40 | fill.trade_id)


def order_id(txid: str) -> int | None:
    """The number of an order in the book, or None for what is no id of an order."""
    bare = txid.replace("-", "")
    if len(bare) != LENGTH + 1 or not bare.startswith("O") or set(bare[1:]) - set(LETTERS):
        return None
    number = 0
    for letter in bare[1:]:
        number = number * 32 + LETTERS.index(letter)
    return number


def _written(kind: str, number: int) -> str:
    letters = ""
    for _ in range(LENGTH):
        number, rest = divmod(number, 32)
        letters = LETTERS[rest] + letters
    text = kind + letters
    return f"{text[:6]}-{text[6:11]}-{text[11:]}"
