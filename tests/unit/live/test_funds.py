"""What a user's wallets come to in the portfolio."""

from decimal import Decimal
from typing import Any

from pilotfish.domain.books import Book
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.quotes import STALE_MS, Quote
from pilotfish.domain.valuing import Valued
from pilotfish.domain.venues import Position
from pilotfish.domain.wallets import OLD_MS, Wallet
from pilotfish.usecases.live_wallets import LOOK_MS, LiveWallets
from tests.fakes.wallets import MemoryWallets
from tests.unit.live.orders import T0
from tests.unit.live.twins import Time

D = Decimal
BTC = "BTC/USDT:USDT"


def wallet(name: str = "acc-1", venue: str = "binanceusdm", **more: Any) -> Wallet:
    fields: dict[str, Any] = {"at_ms": T0, "coins": {"USDT": D(1000)}} | more
    return Wallet(name, venue, **fields)


def portfolio(*wallets: Wallet, quotes: Any = None, now_ms: int = T0) -> Any:
    return Valued(Book(), quotes or {}, now_ms, wallets).portfolio(1).portfolio


def long(quantity: str, entry: str | None, mark: str) -> dict[str, Any]:
    price = None if entry is None else D(entry)
    held = Position(BTC, PositionSide.NET, D(quantity), price)
    return {"positions": (held,), "prices": {BTC: D(mark)}}


def test_the_wallets_of_all_accounts_add_up() -> None:
    first, second = wallet(at_ms=T0 - 50), wallet("acc-2", "okx", coins={"USDC": D("2.5")})
    told = portfolio(first, second)
    assert (told.balance, told.equity, told.balance_ms) == (1002.5, 1002.5, T0 - 50)
    assert [(w.account, w.balance, w.stale) for w in told.wallets] == [
        ("acc-1", 1000.0, False),
        ("acc-2", 2.5, False),
    ]


def test_equity_is_balance_and_what_is_open_at_the_newest_price() -> None:
    held = wallet(**long("2", "100", "110"))
    assert (portfolio(held).balance, portfolio(held).equity) == (1000.0, 1020.0)
    now = {("binanceusdm", BTC): Quote("binanceusdm", BTC, D(130), T0)}
    assert portfolio(held, quotes=now).equity == 1060.0
    assert portfolio(held, quotes=now, now_ms=T0 + STALE_MS + 1).equity == 1020.0


def test_a_part_never_passes_for_all() -> None:
    never = Wallet("acc-2", "", error="Rejected: no such key", error_ms=T0)
    told = portfolio(wallet(), never)
    assert (told.balance, told.equity) == (None, None)
    assert [(w.balance, w.error, w.read_ms) for w in told.wallets] == [
        (1000.0, None, T0),
        (None, "Rejected: no such key", None),
    ]


def test_an_equity_that_is_not_known_leaves_the_balance() -> None:
    told = portfolio(wallet(**long("2", None, "110")))
    assert (told.balance, told.equity) == (1000.0, None)


def test_who_has_no_account_has_nothing() -> None:
    told = portfolio()
    assert (told.balance, told.equity, told.balance_ms, told.wallets) == (0.0, 0.0, None, ())


def test_an_old_wallet_and_coins_without_a_price_are_named() -> None:
    told = portfolio(wallet(coins={"USDT": D(5), "FOO": D(9)}), now_ms=T0 + OLD_MS + 1)
    (state,) = told.wallets
    assert (told.balance, state.stale, state.unpriced) == (5.0, True, ("FOO",))


def test_play_money_stands_beside() -> None:
    told = portfolio(wallet(), wallet("toy", "paper:okx", coins={"USDT": D(77)}))
    assert (told.balance, [w.account for w in told.wallets]) == (1000.0, ["acc-1"])
    assert (told.paper.balance, told.paper.equity) == (77.0, 77.0)
    assert [w.account for w in told.paper.wallets] == ["toy"]
    assert portfolio(wallet()).paper is None


def test_prices_of_a_venue_serve_its_paper_twin() -> None:
    toy = wallet("toy", "paper:okx", **long("1", "100", "100"))
    now = {("okx", BTC): Quote("okx", BTC, D(130), T0)}
    assert portfolio(toy, quotes=now).paper.equity == 1030.0


def test_what_may_be_a_key_is_not_told() -> None:
    failed = wallet(error="Rejected: GET https://x.y/z?apiKey=AAAAbbbbCCCC", error_ms=T0)
    (state,) = portfolio(failed).wallets
    assert state.error == "Rejected: GET https://x.y/z?…"


class Owned:
    def __init__(self) -> None:
        self.asked = 0

    def accounts(self, user: str) -> list[str]:
        self.asked += 1
        return ["acc-1", "acc-2"] if user == "ada" else []


def test_each_account_has_a_wallet_that_is_looked_at_now_and_then() -> None:
    own, stored, clock = Owned(), MemoryWallets(), Time(T0)
    stored.save(wallet())
    live = LiveWallets(own=own, wallets=stored, clock=clock)
    both = [wallet(), Wallet("acc-2", "")]
    assert live.refresh(["ada", "bob"]) == {"ada": both, "bob": []}
    stored.save(wallet("acc-2"))
    clock.now_ms += LOOK_MS - 1
    assert live.refresh(["ada"]) == {"ada": both}
    assert own.asked == 2
    clock.now_ms += 1
    assert live.refresh(["ada"]) == {"ada": [wallet(), wallet("acc-2")]}
    assert live.of_user("ada")[1] == wallet("acc-2")
