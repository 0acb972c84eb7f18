"""The guards that keep copies from being doubled, missed or late, and how each is taken out.

A replacement names a text that occurs once in its file; `tests/unit/test_guard_list.py` holds that.
Where a guard is a condition on a table, it is taken out of the adapter, which the contract of the
stores holds, and out of the twin in memory, which the properties and the matrix run on.
"""

from dataclasses import dataclass

CORE = "layers/core/pilotfish"
UNIT, MATRIX, STORES = "tests/unit", "tests/matrix", "tests/contract/stores"
PROPERTY = "tests/property"
CLIENT = "tests/unit/client"
LIVE, CHANNEL_LOG = "tests/unit/live", "tests/contract/live/test_channel_log.py"


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
        "a book that is kept is used while the sums say that it is all",
        f"{CORE}/usecases/read_books.py",
        " and folded.agrees(booked)",
        "",
        f"{LIVE}/test_read_books.py",
    ),
    Guard(
        "only a part of a book is kept that nothing can come before",
        f"{CORE}/usecases/read_books.py",
        "settled(orders)",
        "orders",
        f"{LIVE}/test_read_books.py",
    ),
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
        "a fill of the past is nobody's to copy",
        f"{CORE}/usecases/map_fill.py",
        "        if fill.history:\n            return\n",
        "",
    ),
    Guard(
        "a back-fill ends before what was listened to live",
        f"{CORE}/usecases/plan_sync.py",
        "            ends.append(cursor.started_ms - 1)\n",
        "",
    ),
    Guard(
        "a back-fill writes nothing from outside its period",
        f"{CORE}/usecases/sync_history.py",
        "if session.since_ms <= f.traded_ms <= session.until_ms]",
        "]",
    ),
    Guard(
        "a back-fill writes over no live fill",
        f"{CORE}/adapters/dynamo/past_fills.py",
        'self._put(fill, mark, "attribute_not_exists(pk)")',
        'self._put(fill, mark, "attribute_not_exists(nothing)")',
        STORES,
    ),
    Guard(
        "a live fill is written over one of the past",
        f"{CORE}/adapters/dynamo/fills.py",
        '"attribute_not_exists(pk) OR history = :history"',
        '"attribute_not_exists(pk) OR (attribute_not_exists(pk) AND history = :history)"',
        STORES,
    ),
    Guard(
        "one back-fill of an account runs at a time",
        f"{CORE}/adapters/dynamo/sync_sessions.py",
        '"ConditionExpression": "attribute_not_exists(pk)",\n    }\n    return [{"Put": lock}]',
        '"ConditionExpression": "attribute_not_exists(x)",\n    }\n    return [{"Put": lock}]',
        STORES,
    ),
    Guard(
        "a page of a back-fill is counted once",
        f"{CORE}/adapters/dynamo/sync_sessions.py",
        '"revision = :before"',
        '"revision >= :before"',
        STORES,
    ),
    Guard(
        "an exit starts exit_sync",
        f"{CORE}/usecases/map_fill.py",
        "            self._exit_syncs.start(fill, late=any(late))\n",
        "            pass\n",
        MATRIX,
    ),
    Guard(
        "a drift needs two answers of the venue",
        f"{CORE}/usecases/reconcile.py",
        "shortfalls = await self._again(venue, seen, several)",
        "shortfalls = seen.shortfalls",
    ),
    Guard(
        "of two answers the milder one counts",
        f"{CORE}/usecases/compare.py",
        "return [min(first[s.holding], s,",
        "return [max(first[s.holding], s,",
    ),
    Guard(
        "the books stand still while the venue is asked",
        f"{CORE}/usecases/compare.py",
        "        if now != before:\n            return Doubt.MOVED\n",
        "",
    ),
    Guard(
        "no drift while the index shows an order under way",
        f"{CORE}/usecases/compare.py",
        "return Doubt.UNDER_WAY if self._under_way(follows, shortfall.holding) else ledgers",
        "return ledgers",
    ),
    Guard(
        "no drift while the ledger knows of an order under way",
        f"{CORE}/usecases/compare.py",
        "if line.settled(booked).ordered != booked.copied:",
        "if line is None:",
    ),
    Guard(
        "no drift is taken off books that moved",
        f"{CORE}/adapters/dynamo/drifts.py",
        '"ConditionExpression": "copied = :seen AND closable = :seen",',
        '"ConditionExpression": "attribute_exists(pk) OR copied = :seen",',
        STORES,
    ),
    Guard(
        "no more is bought back than the leader's exits have left",
        f"{CORE}/domain/restoring.py",
        "wanted = before.target - after.target",
        "wanted = before.ordered - after.ordered",
    ),
    Guard(
        "a follow begins only where no fill was written meanwhile",
        f"{CORE}/adapters/dynamo/follow_starts.py",
        "            count_is(self._positions_table, follow.leader_id, follow.first_fill - 1),\n",
        "",
        STORES,
    ),
    Guard(
        "a follow begins only where no fill was written meanwhile (twin)",
        "tests/fakes/starting.py",
        "if tables.held.get(leader_id, Holdings()).fills != follow.first_fill - 1:",
        "if follow.first_fill < 1:",
    ),
    Guard(
        "follows of one leader begin one after another",
        f"{CORE}/adapters/dynamo/follows.py",
        'update["ConditionExpression"] += f" AND (',
        'update["ConditionExpression"] += f" OR (',
        STORES,
    ),
    Guard(
        "what was written before a follow is none of its business",
        f"{CORE}/usecases/shards.py",
        "if fill.number < follow.first_fill:",
        "if fill.number < 0:",
    ),
    Guard(
        "who joined copies what was traded before and written after",
        f"{CORE}/usecases/shards.py",
        "return bool(joined) or follow.started_ms <= fill.traded_ms",
        "return follow.started_ms <= fill.traded_ms",
    ),
    Guard(
        "what is copied already is not joined again",
        f"{CORE}/domain/joining.py",
        "return Reason.ALREADY_COPIED if taken else None",
        "return None",
    ),
    Guard(
        "what cannot be a trade is no fill",
        f"{CORE}/usecases/write_down.py",
        "return [checked(report, now_ms) for report in reports]",
        "return list(reports)",
    ),
    Guard(
        "a venue's clock that is ahead does not make its trades future ones",
        f"{CORE}/usecases/write_down.py",
        "now_ms = self._clock() + self.ahead_ms",
        "now_ms = self._clock()",
    ),
    Guard(
        "what was set aside is not written down as well",
        f"{CORE}/usecases/write_down.py",
        "known = isinstance(report, Fill) and trade_name(report) not in self._aside",
        "known = isinstance(report, Fill)",
    ),
    Guard(
        "a leader's position is counted again in quiet alone",
        f"{CORE}/usecases/write_down.py",
        "            if any(isinstance(report, Fill) for report in self._new(again)):\n"
        "                return\n",
        "",
    ),
    Guard(
        "a stale lease sets nothing aside",
        f"{CORE}/adapters/dynamo/asides.py",
        "items = [still_held(self._leases_table, lease), put, *self._moved(account, kept, after)]",
        "items: list[Item] = [put, *self._moved(account, kept, after)]",
        STORES,
    ),
    Guard(
        "what a person dropped never becomes a fill",
        f"{CORE}/adapters/dynamo/asides.py",
        '"ConditionExpression": f"#state IN ({\', \'.join(before)})",',
        '"ConditionExpression": f"#state IN ({\', \'.join(before)}) OR attribute_exists(pk)",',
        STORES,
    ),
    Guard(
        "a correction is never written over",
        f"{CORE}/adapters/dynamo/corrections.py",
        '                ConditionExpression="attribute_not_exists(pk)",\n',
        "",
        STORES,
    ),
    Guard(
        "one of the follower's symbols is never that of two of the leader's",
        f"{CORE}/domain/counterparts.py",
        "        if follow.is_taken(candidate):\n            taken = True\n            continue\n",
        "",
    ),
    Guard(
        "what is copied as itself already is pinned to itself",
        f"{CORE}/usecases/pin_counterparts.py",
        "if found == fill.symbol or not self._in_use(follow, found):",
        "if found:",
    ),
    Guard(
        "a follow is pinned by who has seen its last change",
        f"{CORE}/adapters/dynamo/follows.py",
        "follows_changed(self._accounts_table, leader_id, revision)]",
        "follows_changed(self._accounts_table, leader_id)]",
        STORES,
    ),
    Guard(
        "a copy is counted in the follower's units",
        f"{CORE}/domain/planning.py",
        "own = rescaled(fill, instrument.symbol)",
        "own = fill",
    ),
    Guard(
        "a deny list keeps entries out",
        f"{CORE}/domain/planning.py",
        "wanted = replace(parts, entry=ZERO)",
        "wanted = parts",
    ),
    Guard(
        "a paused account is sent no entry",
        f"{CORE}/usecases/execute.py",
        "if account.paused and order.leg is Leg.ENTRY:",
        "if account.paused and order.leg is Leg.EXIT:",
    ),
    Guard(
        "a paused leader is not listened to",
        f"{CORE}/usecases/poll.py",
        "            if not account.paused\n",
        "",
    ),
    Guard(
        "a key that can withdraw is refused",
        f"{CORE}/domain/connections.py",
        "if may.withdraw and not allow_withdrawal:",
        "if may.withdraw and not leads and not allow_withdrawal and may.expires_ms:",
    ),
    Guard(
        "a key that is refused is not stored",
        f"{CORE}/usecases/try_keys.py",
        "        if verdict.accepted:\n",
        "        if verdict:\n",
    ),
    Guard(
        "a key that is refused is destroyed",
        f"{CORE}/usecases/try_keys.py",
        "            self._keyring.refuse(candidate, answer_of(verdict))\n",
        "            pass\n",
    ),
    Guard(
        "a key that nobody could try is destroyed",
        f"{CORE}/usecases/connections.py",
        "        self._keyring.refuse(candidate, answer_of(NOT_TRIED))\n",
        "",
    ),
    Guard(
        "a key is one account's",
        f"{CORE}/adapters/dynamo/keyring.py",
        '"Item": {"pk": s(f"held#{held_as}"), "account_id": s(candidate.account_id)},\n'
        '            "ConditionExpression": "attribute_not_exists(pk) OR account_id = :account",',
        '"Item": {"pk": s(f"held#{held_as}"), "account_id": s(candidate.account_id)},\n'
        '            "ConditionExpression": "attribute_not_exists(x) OR account_id = :account",',
        STORES,
    ),
    Guard(
        "a key that was tried is not taken again",
        f"{CORE}/adapters/dynamo/keyring.py",
        '"ConditionExpression": "attribute_exists(sealed_key)",',
        '"ConditionExpression": "attribute_exists(pk)",',
        STORES,
    ),
    Guard(
        "a key is sealed for one version of its account's key",
        f"{CORE}/adapters/keys.py",
        'return {"account": account_id, "key_version": str(version), "owner": owner}',
        'return {"account": account_id, "key_version": "1", "owner": owner}',
    ),
    Guard(
        "a deleted connection has no key",
        f"{CORE}/adapters/dynamo/keyring.py",
        'GONE_WITH_THE_KEY = ("sealed_key", ',
        "GONE_WITH_THE_KEY = (",
        STORES,
    ),
    Guard(
        "a connection is its owner's",
        f"{CORE}/usecases/connections.py",
        "if found is None or found.deleted or owner not in (None, found.owner):",
        "if found is None or found.deleted:",
    ),
    Guard(
        "a connection whose key is not fit is not resumed",
        f"{CORE}/usecases/connections.py",
        "            if connection.problem:\n",
        "            if not connection:\n",
    ),
    Guard(
        "a channel's numbers move on from the one that is known",
        f"{CORE}/adapters/dynamo/channel_log.py",
        '"ConditionExpression": "seq = :before" if head else "attribute_not_exists(seq)",',
        '"ConditionExpression": "attribute_not_exists(x)" if head else "attribute_not_exists(x)",',
        CHANNEL_LOG,
    ),
    Guard(
        "a channel tells an event once",
        f"{CORE}/adapters/dynamo/channel_log.py",
        "            if entry.name not in tail.names:\n",
        "            if entry.name:\n",
        CHANNEL_LOG,
    ),
    Guard(
        "a channel tells no change after a later one",
        f"{CORE}/adapters/dynamo/channel_log.py",
        "                if not tail.overtaken(entry.name):\n",
        "                if entry.name:\n",
        CHANNEL_LOG,
    ),
    Guard(
        "an event is looked for since it happened",
        f"{CORE}/adapters/dynamo/channel_log.py",
        "known.since_ms <= since_ms:",
        "known.since_ms:",
        CHANNEL_LOG,
    ),
    Guard(
        "who comes after a silence is not told that nothing was missed",
        f"{CORE}/adapters/dynamo/log_reads.py",
        '"SET begun_ms = :now ADD seq :one"',
        '"SET begun_ms = :now, seq = if_not_exists(seq, :one)"',
        CHANNEL_LOG,
    ),
    Guard(
        "a session that has ended hears nothing",
        f"{CORE}/adapters/dynamo/connections.py",
        "if each.until_ms > now_ms",
        "if each.until_ms",
        "tests/contract/live/test_connections.py",
    ),
    Guard(
        "a user's channel is that of who is connected",
        f"{CORE}/domain/channels.py",
        "EVERYBODY if viewer.operator else viewer.user",
        "EVERYBODY",
        LIVE,
    ),
    Guard(
        "a stranger is not watched",
        f"{CORE}/usecases/subscribing.py",
        "if not self._may_see(viewer, channel.subject):",
        "if not channel.subject:",
        LIVE,
    ),
    Guard(
        "a token is its issuer's",
        f"{CORE}/adapters/tokens.py",
        "if not _signed(signed.encode(), _decoded(signature), modulus, exponent):",
        "if not _decoded(signature):",
        LIVE,
    ),
    Guard(
        "who was not reached is told so",
        f"{CORE}/usecases/broadcast.py",
        "            sent[who].insert(0, encode(notice))\n",
        "            encode(notice)\n",
        LIVE,
    ),
    Guard(
        "the client does not storm a server that hangs up",
        f"{CORE}/client/pacing.py",
        "if lasted >= self._min_connected:",
        "if lasted >= 0:",
        CLIENT,
    ),
    Guard(
        "the client keeps the server's pace",
        f"{CORE}/client/pacing.py",
        "if len(self._sent) == self._sent.maxlen:",
        "if not self._sent.maxlen:",
        CLIENT,
    ),
    Guard(
        "the client keeps no event twice",
        f"{CORE}/client/queues.py",
        "if (self.last is not None and seq <= self.last) or seq in self._ahead:",
        "if seq in self._ahead:",
        PROPERTY,
    ),
    Guard(
        "the client's states never step back",
        f"{CORE}/client/queues.py",
        "if seq <= self._last:",
        "if seq == self._last:",
        CLIENT,
    ),
    Guard(
        "the client's snapshots never step back",
        f"{CORE}/client/queues.py",
        "if self.last is not None and asked <= snapshot.seq <= self.last:",
        "if self.last is None:",
        PROPERTY,
    ),
    Guard(
        "the client knows what it dropped",
        f"{CORE}/client/queues.py",
        "self.head = max(self.head, seq)",
        "self.head = max(self.head, -1)",
        CLIENT,
    ),
    Guard(
        "the client takes nonsense for no sign of life",
        f"{CORE}/client/link.py",
        "if self._take(frame):",
        "if [self._take(frame)]:",
        CLIENT,
    ),
    Guard(
        "the client's heartbeat shows what was lost last",
        f"{CORE}/client/link.py",
        "self._heads(answer.channels, False)",
        "self._heads({}, False)",
        CLIENT,
    ),
    Guard(
        "the client passes over what it cannot read",
        f"{CORE}/client/link.py",
        "self._tell(channel, seq, None)",
        "self._tell(channel, -1, None)",
        CLIENT,
    ),
    Guard(
        "the client asks again over a connection that ended",
        f"{CORE}/client/live.py",
        "await asyncio.sleep(NEXT_LINK_S)",
        "raise",
        CLIENT,
    ),
    Guard(
        "the client's connection counts once it answered",
        f"{CORE}/client/staying.py",
        "await link.ping()\n",
        "await asyncio.sleep(0)\n",
        CLIENT,
    ),
    Guard(
        "no entry is claimed while it is halted",
        f"{CORE}/usecases/execute.py",
        "            if await self._halts.stops(order):\n"
        "                return await self._end(order, State.SKIPPED, Reason.HALTED)\n",
        "",
        f"{UNIT}/core/test_halts.py",
    ),
    Guard(
        "no entry is sent that was halted after its claim",
        f"{CORE}/usecases/execute.py",
        "            if await self._halts.stops(order):\n"
        "                return self._ended(order, State.SKIPPED, Reason.HALTED)\n",
        "",
        f"{UNIT}/core/test_halts.py",
    ),
    Guard(
        "an exit goes whatever is halted",
        f"{CORE}/domain/halts.py",
        "if order.leg is Leg.EXIT:",
        "if order.leg is None:",
        f"{UNIT}/core/test_halts.py",
    ),
    Guard(
        "what is halted is known half a second later",
        f"{CORE}/adapters/dynamo/halts.py",
        "self._clock() - self._as_of_ms < KEPT_MS",
        "self._clock() - self._as_of_ms < 60_000",
        f"{STORES}/test_halts.py",
    ),
    Guard(
        "a halt is not made without its line in the trail",
        f"{CORE}/adapters/dynamo/halts.py",
        "transact(self._client, [put, action_put(self._trail_table, action)])",
        "transact(self._client, [put])",
        f"{STORES}/test_halts.py",
    ),
)
