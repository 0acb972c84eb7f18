"""What the accounts of the model exchange have won or lost, marked at the last price."""

from decimal import Decimal
from typing import Any

from pilotfish_local.exchange_control import ExchangeControl


def profits(exchange: ExchangeControl) -> dict[str, Decimal]:
    """Realised and unrealised P&L after fees, in quote units, by account."""
    markets = {(row["venue"], row["symbol"]): row for row in exchange.markets()}
    return {
        account["name"]: sum(
            (_profit(account, position, markets) for position in account["positions"]), Decimal(0)
        )
        for account in exchange.accounts()
    }


def _profit(
    account: dict[str, Any],
    position: dict[str, Any],
    markets: dict[tuple[str, str], dict[str, Any]],
) -> Decimal:
    market = markets[account["venue"], position["symbol"]]
    moved = Decimal(market["last"]) - Decimal(position["entry"])
    size = Decimal(position["amount"]) * Decimal(market["contract_value"])
    realised = Decimal(position["realized"]) - Decimal(position["commission"])
    return moved * size + realised
