"""The guards that keep copies from being doubled, missed or late, and how each is taken out.

A replacement names a text that occurs once in its file; `tests/unit/test_guard_list.py` holds that.
Where a guard is a condition on a table, it is taken out of the adapter, which the contract of the
stores holds, and out of the twin in memory, which the properties and the matrix run on.
"""

from dataclasses import dataclass

CORE = "layers/core/pilotfish"
UNIT, MATRIX, STORES = "tests/unit", "tests/matrix", "tests/contract/stores"
PROPERTY = "tests/property"


@dataclass(frozen=True)
class Guard:
    """What it guards, where it stands, what takes it out, and the suite that is asked first."""

    name: str
    path: str
    text: str
    without: str
    first: str = UNIT


GUARDS = (
    Guard(
        "the claim is one conditional write",
        f"{CORE}/adapters/dynamo/orders.py",
        '"ConditionExpression": "revision = :held",',
        '"ConditionExpression": "revision = :held OR attribute_exists(pk)",',
        STORES,
    ),
    Guard(
        "the claim is one conditional write (twin)",
        "tests/fakes/copying.py",
        "if order.state not in CLAIMABLE or not self._current(order):",
        "if order.state not in CLAIMABLE:",
        MATRIX,
    ),
    Guard(
        "nothing but a claim allows a send",
        f"{CORE}/usecases/execute.py",
        "            if claimed is None or claimed.state is not State.SENT:\n"
        "                return claimed or order\n",
        "            now_ms = self._clock()\n"
        "            if claimed is None:\n"
        "                sent = order.quantity\n"
        "                claimed = replace(order, sent_ms=now_ms, sent_quantity=sent)\n"
        "            elif claimed.state is not State.SENT:\n"
        "                return claimed\n",
        MATRIX,
    ),
    Guard(
        "no entry is claimed after a stop",
        f"{CORE}/adapters/dynamo/orders.py",
        "check = [self._follow_is_active(order)] if order.leg is Leg.ENTRY else []",
        "check: list[Item] = []",
        STORES,
    ),
    Guard(
        "no entry is claimed after a stop (twin)",
        "tests/fakes/copying.py",
        "if order.leg is Leg.ENTRY and not (follow and follow.active):",
        "if order.leg is Leg.ENTRY and not follow:",
        MATRIX,
    ),
    Guard(
        "a worker that was asleep after its claim does not send",
        f"{CORE}/usecases/execute.py",
        "if self._clock() - order.sent_ms > SEND_WITHIN_MS:",
        "if order.sent_ms < 0:",
    ),
    Guard(
        "the lease's fence",
        f"{CORE}/adapters/dynamo/leases.py",
        '"Key": {"pk": s(lease.shard)},\n            "ConditionExpression": "fence = :fence",',
        '"Key": {"pk": s(lease.shard)},\n            "ConditionExpression": "fence >= :fence",',
        STORES,
    ),
    Guard(
        "the lease's fence (twin)",
        "tests/fakes/tables.py",
        "if current is None or current.fence != lease.fence:",
        "if current is None:",
        MATRIX,
    ),
    Guard(
        "the look-up before a resend",
        f"{CORE}/usecases/retry.py",
        "            order = await self._look_up(order)\n",
        '            order = await self._move(order, order, State.UNSENT, "not looked up")\n',
        MATRIX,
    ),
    Guard(
        "an unknown outcome is never taken for not sent",
        f"{CORE}/usecases/execute.py",
        "return self._ended(order, State.UNKNOWN, str(doubt))",
        "return self._ended(order, State.UNSENT, str(doubt))",
        MATRIX,
    ),
    Guard(
        'the wait before "not found" counts',
        f"{CORE}/domain/venues.py",
        "return looks >= self.looks and waited_s > self.receive_window_s + self.visibility_lag_s",
        "return looks >= self.looks and waited_s > 0",
        MATRIX,
    ),
    Guard(
        'the several looks before "not found" counts',
        f"{CORE}/domain/venues.py",
        "return looks >= self.looks and waited_s",
        "return waited_s",
    ),
    Guard(
        "exits are reduce-only",
        f"{CORE}/domain/orders.py",
        "return self.leg is Leg.EXIT",
        "return False",
        MATRIX,
    ),
    Guard(
        "an exit asks for no more than is held",
        f"{CORE}/domain/orders.py",
        "return self._within(-self.side.sign * closable)",
        "return self.quantity",
        MATRIX,
    ),
    Guard(
        "a cap holds at the send",
        f"{CORE}/domain/orders.py",
        "return self._within(self.most - self.side.sign * exposed)",
        "return self.quantity",
        MATRIX,
    ),
    Guard(
        "a claim takes of what is closable, and of the room below a cap",
        f"{CORE}/adapters/dynamo/positions.py",
        "    for item in items:\n",
        "    for item in items[:0]:\n",
        STORES,
    ),
    Guard(
        "a claim takes of what is closable, and of the room below a cap (twin)",
        "tests/fakes/copying.py",
        "if not _enough(self._tables.books_of(order), claimed):",
        "if not claimed:",
    ),
    Guard(
        "an exit in flight is not closable by another",
        f"{CORE}/domain/orders.py",
        "closable=copied + (order.in_flight if exits else 0),",
        "closable=copied,",
        STORES,
    ),
    Guard(
        "the carry of remainders",
        f"{CORE}/domain/netting.py",
        "missing = max(ZERO, sign * (line.target - line.ordered))",
        "missing = abs(taken)",
        MATRIX,
    ),
    Guard(
        "a decision is made once",
        f"{CORE}/adapters/dynamo/ledgers.py",
        '"Item": planned_item(order),\n'
        '            "ConditionExpression": "attribute_not_exists(pk)",\n',
        '"Item": planned_item(order),\n',
        STORES,
    ),
    Guard(
        "a decision is made once (twin)",
        "tests/fakes/copying.py",
        "        if any(_key(order) in self._tables.orders for order in orders):\n"
        "            return False\n",
        "",
        MATRIX,
    ),
    Guard(
        "a late entry expires",
        f"{CORE}/domain/orders.py",
        "return self.leg is Leg.ENTRY and now_ms > self.expires_ms",
        "return False",
        MATRIX,
    ),
    Guard(
        "exits are never late",
        f"{CORE}/domain/orders.py",
        "return self.leg is Leg.ENTRY and now_ms > self.expires_ms",
        "return now_ms > self.expires_ms",
        MATRIX,
    ),
    Guard(
        "a fill that fails holds up the later ones",
        f"{CORE}/usecases/in_order.py",
        "if fill.account_id in self._held_up:",
        "if not fill.account_id:",
    ),
    Guard(
        "a fill that is decided late counts as if it had come in its place",
        f"{CORE}/usecases/map_fill.py",
        "0 < fill.number < ledger.newest",
        "ledger.newest < 0",
    ),
    Guard(
        "what lapsed in a round trip is none of the next",
        f"{CORE}/domain/netting.py",
        "return booked.lapsed.get(round_trip % ROUND_TRIPS, ZERO)",
        "return sum(booked.lapsed.values(), ZERO)",
    ),
    Guard(
        "exit_sync waits for what is under way",
        f"{CORE}/domain/syncing.py",
        "if books.copied != settled.ordered or key in under_way:",
        "if not key:",
        MATRIX,
    ),
    Guard(
        "an exit starts exit_sync",
        f"{CORE}/usecases/map_fill.py",
        "            self._exit_syncs.start(fill)\n",
        "            pass\n",
        MATRIX,
    ),
)
