"""Opening a paper account, and giving one its money back."""

from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.managing import BadLabel
from pilotfish.domain.paper.wallet import BadPaperTerms, Held, moved_on
from pilotfish.usecases.connections import MOST_CONNECTIONS, TooMany
from pilotfish.usecases.paper_accounts import (
    NotOnPaper,
    OpenPaperAccount,
    PaperTerms,
    ResetPaperAccount,
    ShowPaperAccount,
)
from tests import fakes
from tests.fakes.keyring import MemoryRegister
from tests.fakes.paper import MemoryPaperBooks

D = Decimal


class Office:
    def __init__(self) -> None:
        self.tables, self.books = fakes.Tables(), MemoryPaperBooks()
        self.clock, self.numbers = fakes.ManualClock(), count(1)
        self.accounts = fakes.MemoryAccounts(self.tables)
        register = MemoryRegister(self.tables)
        self.open = OpenPaperAccount(
            register=register,
            books=self.books,
            venues=["okx", "kraken"],
            clock=self.clock,
            new_id=lambda kind: f"{kind}_{next(self.numbers)}",
        )
        self.reset = ResetPaperAccount(register=register, books=self.books, clock=self.clock)
        self.show = ShowPaperAccount(register=register, books=self.books)


@pytest.fixture
def office() -> Office:
    return Office()


async def test_it_is_connected_without_a_key_and_marked(office: Office) -> None:
    opened = office.open("user-1", "okx", label="  for practice ")
    assert (opened.account_id, opened.venue, opened.label) == ("acc_1", "paper:okx", "for practice")
    assert opened.paper
    assert not opened.leads
    account = await office.accounts.get("acc_1")
    assert account == Account("acc_1", "user-1", "paper:okx", b"")
    assert account.paper
    assert office.show("user-1", "acc_1").cash == {"USDT": 10_000}


def test_terms_are_taken(office: Office) -> None:
    office.open("user-1", "paper:kraken", PaperTerms(D(50), leverage=D(2)))
    wallet = office.show("user-1", "acc_1")
    assert (wallet.cash, wallet.leverage, wallet.venue) == ({"USD": D(50)}, 2, "kraken")


def test_what_makes_no_sense_leaves_nothing(office: Office) -> None:
    with pytest.raises(BadPaperTerms, match="venue is one of kraken, okx"):
        office.open("user-1", "kana")
    with pytest.raises(BadPaperTerms, match="balance"):
        office.open("user-1", "okx", PaperTerms(D(0)))
    with pytest.raises(BadLabel):
        office.open("user-1", "okx", label="x" * 65)
    assert office.books.wallets == office.tables.accounts == {}


def test_nobody_has_more_connections_than_others(office: Office) -> None:
    for _ in range(MOST_CONNECTIONS):
        office.open("user-1", "okx")
    with pytest.raises(TooMany):
        office.open("user-1", "okx")
    assert office.open("user-2", "okx")


def test_an_id_that_is_taken_is_not_taken_over(office: Office) -> None:
    office.accounts.save(Account("acc_1", "user-2", "okx", b"sealed"))
    with pytest.raises(RuntimeError, match="taken"):
        office.open("user-1", "okx")
    assert office.tables.accounts["acc_1"].owner == "user-2"


def test_a_reset_gives_the_money_back_whoever_writes_meanwhile(office: Office) -> None:
    office.open("user-1", "okx")
    wallet = office.show("user-1", "acc_1")
    held = {"BTC/USDT:USDT#net": Held(D(1), D(100), D(100))}
    office.books.wallets["acc_1"] = replace(wallet, cash={"USDT": D(3)}, positions=held, executed=9)
    writes = []

    def write() -> None:
        if not writes:
            writes.append(1)
            now = office.books.wallets["acc_1"]
            office.books.advance(now, moved_on(now))

    office.books.before_write = write
    new = office.reset("user-1", "acc_1")
    assert (new.cash, new.positions, new.executed, new.epoch) == ({"USDT": 10_000}, {}, 9, 2)
    assert office.show(None, "acc_1") == new
    assert office.reset("user-1", "acc_1", D(7)).start == 7


def test_another_users_is_none(office: Office) -> None:
    office.open("user-1", "okx")
    for owner, account_id in (("user-2", "acc_1"), ("user-1", "acc_2")):
        with pytest.raises(NoSuchAccount):
            office.reset(owner, account_id)
        with pytest.raises(NoSuchAccount):
            office.show(owner, account_id)


def test_a_real_account_has_no_play_money(office: Office) -> None:
    office.accounts.save(Account("rae", "user-1", "okx", b"sealed"))
    with pytest.raises(NotOnPaper):
        office.reset("user-1", "rae")
