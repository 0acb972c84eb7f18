"""Alerts and back-fills are told to whom they concern, from their tables' streams."""

from pilotfish.adapters.dynamo.alerts import DynamoAlerts
from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
from pilotfish.clock import utc_ms
from pilotfish.domain.alerts import of_drift
from pilotfish.domain.sync_sessions import SyncSession, SyncStatus
from pilotfish.domain.viewers import Viewer
from pilotfish_local.local_stack import LocalStack

from .listening import client


async def test_an_alert_reaches_its_user_and_the_operators_once(local: LocalStack) -> None:
    alerts = DynamoAlerts(local.aws.client("dynamodb"), local.name("AlertsTable"))
    mine = of_drift("acc-nina", "nina", "BTC/USDT#net", "0.5", utc_ms())
    others = of_drift("acc-omar", "omar", "BTC/USDT#net", "0.5", utc_ms())

    async with (
        client(local, Viewer("nina"), "alerts") as nina,
        client(local, Viewer("root", operator=True), "alerts") as root,
    ):
        for notice in (others, mine, mine):
            alerts.keep(notice)
        (told,) = await nina.until(1, "ALERT")
        await root.until(2, "ALERT")

    assert (told["alert"]["id"], told["alert"]["account"]) == (mine.alert_id, "acc-nina")
    assert len(nina.of("ALERT")) == 1
    assert [one["alert"]["account"] for one in root.of("ALERT")] == ["acc-omar", "acc-nina"]


async def test_a_back_fill_is_told_at_each_step_and_its_lock_to_nobody(local: LocalStack) -> None:
    now_ms = utc_ms()
    sessions = DynamoSyncSessions(local.aws.client("dynamodb"), local.name("SyncSessionsTable"))
    session = SyncSession(
        account_id="acc-pia",
        session_id=f"{now_ms:013d}-1",
        owner="pia",
        venue="okx",
        since_ms=1,
        until_ms=2,
        started_ms=now_ms,
        moved_ms=now_ms,
    )

    async with client(local, Viewer("pia"), "sync") as pia:
        sessions.begin(session)
        sessions.move(session, session.ended(SyncStatus.COMPLETED, now_ms + 5))
        told = await pia.until(2, "SYNC_UPDATE")

    statuses = [(one["sync"]["id"], one["sync"]["status"], one["sync"]["revision"]) for one in told]
    assert statuses == [
        (session.session_id, "RUNNING", 0),
        (session.session_id, "COMPLETED", 1),
    ]
    assert told[1]["seq"] == told[0]["seq"] + 1
