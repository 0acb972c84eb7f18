"""What becomes a notice, for whom, and that the same matter is one notice."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain import alerts
from pilotfish.domain.alerts import Notice
from pilotfish.domain.asides import Aside, Flaw
from pilotfish.domain.messages import encode
from pilotfish.domain.orders import State
from pilotfish.domain.rules import OnDrift
from pilotfish.domain.syncing import Remainder
from pilotfish.usecases.raise_alerts import RaiseAlerts
from pilotfish.usecases.settle_drift import Drift
from tests.unit.live.orders import FILL, T0, order
from tests.unit.live.twins import Time

DRIFT = Drift(
    account_id="acc-ada",
    holding="BTC/USDT:USDT#net",
    copied=Decimal("0.5"),
    held=Decimal("0.3"),
    missing=Decimal("0.2"),
    follows=["fol-1"],
    accepted=False,
    why=OnDrift.REPORT,
)
ASIDE = Aside("acc-lead", "okx", Flaw.NO_PRICE, T0, "{}", FILL)


class Kept:
    """What was written; `broken` writes nothing."""

    def __init__(self) -> None:
        self.notices: dict[str, Notice] = {}
        self.broken = False

    def keep(self, notice: Notice) -> None:
        if self.broken:
            raise ConnectionError("no table")
        self.notices.setdefault(notice.alert_id, notice)

    def of_account(self, account_id: str) -> str | None:
        return {"acc-ada": "ada", "acc-lead": "lena"}.get(account_id)

    def of_follow(self, leader_id: str, follow_id: str) -> str | None:
        return {("acc-lead", "fol-1"): "ada"}.get((leader_id, follow_id))


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def raise_alerts(kept: Kept) -> RaiseAlerts:
    return RaiseAlerts(alerts=kept, owners=kept, clock=Time())


def test_what_an_account_lacks_is_one_matter_however_often_it_is_found(
    raise_alerts: RaiseAlerts, kept: Kept
) -> None:
    raise_alerts.drifts([DRIFT, replace(DRIFT, accepted=True, missing=Decimal(9))])
    raise_alerts.drifts([DRIFT])
    (notice,) = kept.notices.values()
    assert (notice.user, notice.account_id, notice.symbol) == ("ada", "acc-ada", "BTC/USDT:USDT")
    assert "0.2" in notice.text
    raise_alerts.drifts([replace(DRIFT, missing=Decimal("0.3"))])
    assert len(kept.notices) == 2


def test_what_a_follow_still_holds_is_told_to_its_owner(
    raise_alerts: RaiseAlerts, kept: Kept
) -> None:
    left = Remainder("fol-1", "BTC/USDT:USDT", Decimal("-0.1"), "it was refused")
    stranger = replace(left, follow_id="fol-9")
    raise_alerts.remainders("acc-lead", FILL.fill_id, [left, stranger])
    (notice,) = kept.notices.values()
    assert (notice.user, notice.severity, notice.about) == ("ada", "critical", "fol-1")


def test_what_was_set_aside_is_told_to_whose_account_it_is(
    raise_alerts: RaiseAlerts, kept: Kept
) -> None:
    raise_alerts.aside(ASIDE)
    raise_alerts.aside(replace(ASIDE, account_id="unknown"))
    (notice,) = kept.notices.values()
    assert (notice.user, notice.kind, notice.about) == ("lena", "aside", ASIDE.aside_id)


def test_a_notice_that_cannot_be_written_stops_nothing(
    raise_alerts: RaiseAlerts, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    kept.broken = True
    raise_alerts.aside(ASIDE)
    assert "not alerted" in caplog.text


def test_an_alert_is_told_on_its_channel_to_its_user_and_to_operators() -> None:
    manual = order(state=State.MANUAL, reason="nobody knows ?signature=x")
    (news,) = alerts.of_notice(alerts.of_manual(manual))
    assert set(news.topics) == {"alerts|ada", "alerts|*"}
    told: Any = json.loads(encode(news.message("alerts", 3)))
    assert (told["type"], told["seq"], told["channel"]) == ("ALERT", 3, "alerts")
    assert told["alert"]["severity"] == "critical"
    assert told["alert"]["about"] == manual.order_id
    assert "signature" not in told["alert"]["message"]
    assert news.name == told["alert"]["id"]


def test_a_notice_of_play_money_says_so(raise_alerts: RaiseAlerts, kept: Kept) -> None:
    raise_alerts.drifts([replace(DRIFT, paper=True)])
    assert [n.text.startswith("on paper: ") for n in kept.notices.values()] == [True]
    assert alerts.of_manual(order(venue="paper:okx")).text.startswith("on paper: ")
    assert not alerts.of_manual(order()).text.startswith("on paper")
