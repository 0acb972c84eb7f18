"""Connects accounts and follows to a local stack, as the HTTP API will do for users."""

import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilotfish.adapters.dynamo.accounts import DynamoAccounts
from pilotfish.adapters.dynamo.follows import DynamoFollows
from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
from pilotfish.adapters.dynamo.register import DynamoRegister
from pilotfish.adapters.keys import KeySealer
from pilotfish.clock import utc_ms
from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.follows import FOLLOWS_PER_SHARD, Follow, follow_name
from pilotfish.domain.rules import Rules
from pilotfish.usecases.paper_accounts import OpenPaperAccount
from pilotfish.wiring.managing import new_id
from pilotfish_local.local_stack import SHARD, LocalStack

BASELINE_S = 60.0
# All keys of a scene begin with it, so that it is seen where one was logged or kept.
CANARY = "CaNaRy"


@dataclass(frozen=True, slots=True)
class Trader:
    """A leader or follower of a scene, and its key at the exchange."""

    name: str
    venue: str
    owner: str

    @property
    def credentials(self) -> Credentials:
        """What the model exchange knows the account by; worth nothing anywhere else.

        Kraken's secrets are base64 (so is `CANARY` with what follows it), and OKX wants a
        passphrase beside them.
        """
        return Credentials(
            api_key=f"{CANARY}KeY-of-{self.name}",
            secret=f"{CANARY}SeCrEt{b64encode(self.name.encode()).decode()}",
            password=f"{CANARY}PhRaSe-of-{self.name}",
        )


def connect(local: LocalStack, traders: Sequence[Trader], *, leaders: bool) -> None:
    """Open the accounts at the exchange, seal their keys and write them down."""
    local.exchange.open_accounts(
        [
            {
                "name": trader.name,
                "venue": trader.venue,
                "key": trader.credentials.api_key,
                "secret": trader.credentials.secret,
            }
            for trader in traders
        ]
    )
    accounts = DynamoAccounts(local.aws.client("dynamodb"), local.name("AccountsTable"), utc_ms)
    seal = KeySealer(local.aws.client("kms"), local.name("SealingKey"))
    for trader in traders:
        sealed = seal(trader.owner, trader.name, trader.credentials)
        accounts.save(
            Account(
                account_id=trader.name,
                owner=trader.owner,
                venue=trader.venue,
                sealed_key=sealed,
                listen_shard=SHARD if leaders else "",
            )
        )


def connect_on_paper(local: LocalStack, venue: str, owners: Sequence[str]) -> list[Trader]:
    """A paper account of each owner's, of which the exchange knows nothing."""
    client = local.aws.client("dynamodb")
    open_account = OpenPaperAccount(
        register=DynamoRegister(client, local.name("AccountsTable")),
        books=DynamoPaperBooks(client, local.name("PaperTable")),
        venues=[venue],
        clock=utc_ms,
        new_id=new_id,
    )
    opened = [open_account(owner, venue) for owner in owners]
    return [Trader(one.account_id, one.venue, one.owner) for one in opened]


def follow(
    local: LocalStack, leader: Trader, followers: Sequence[Trader], rules: Sequence[Rules]
) -> list[Follow]:
    """Let each follower follow the leader, who is listened to already, by its rules."""
    follows = [
        Follow(
            follow_id=follow_name(follower.name, leader.name),
            leader_id=leader.name,
            account_id=follower.name,
            owner=follower.owner,
            venue=follower.venue,
            started_ms=utc_ms(),
            shard=number // FOLLOWS_PER_SHARD,
            rules=rule,
        )
        for number, (follower, rule) in enumerate(zip(followers, rules, strict=True))
    ]
    table = DynamoFollows(
        local.aws.client("dynamodb"), local.name("FollowsTable"), local.name("AccountsTable")
    )
    table.save_all(follows)
    return follows


def scale(number: int) -> Rules:
    """A multiplier for the number-th follower of a scene: 0.5, 1, 1.5, 2 and so on again."""
    return Rules(multiplier=Decimal(number % 4 + 1) / 2)


def await_listening(local: LocalStack, leaders: Sequence[Trader]) -> None:
    """Until the poller has taken every leader's baseline; raises TimeoutError."""
    client, table = local.aws.client("dynamodb"), local.name("CursorsTable")
    deadline = time.monotonic() + BASELINE_S
    waiting = {leader.name for leader in leaders}
    while waiting:
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody listens to {', '.join(sorted(waiting))}")
        waiting = {
            name
            for name in waiting
            if "Item" not in client.get_item(TableName=table, Key={"pk": {"S": name}})
        }
        time.sleep(0.05)
