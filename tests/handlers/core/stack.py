"""The template's tables, key and state machine on moto, and stores to look at them with."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from pilotfish.adapters.dynamo.accounts import DynamoAccounts
from pilotfish.adapters.dynamo.fills import DynamoFills
from pilotfish.adapters.dynamo.follows import DynamoFollows
from pilotfish.adapters.dynamo.instruments import DynamoInstruments
from pilotfish.adapters.dynamo.keyring import DynamoKeyring
from pilotfish.adapters.dynamo.leases import DynamoLeases
from pilotfish.adapters.dynamo.ledgers import DynamoLedgers
from pilotfish.adapters.dynamo.order_items import order_from_item
from pilotfish.adapters.dynamo.orders import DynamoOrders
from pilotfish.adapters.dynamo.positions import DynamoPositions
from pilotfish.adapters.dynamo.register import DynamoRegister
from pilotfish.domain.accounts import Account
from pilotfish.domain.follows import Follow
from pilotfish.domain.orders import CopyOrder, Leg
from pilotfish.domain.rules import Rules
from tests.fakes import ManualClock, ModelVenue, ModelVenues
from tests.fakes.dynamo import create_tables
from tests.fakes.environment import environment, state_machines
from tests.handlers.conftest import ROOT, sample

TEMPLATE: Path = ROOT / "template.yaml"
NAME = "pilotfish"
ACCOUNT = "123456789012"  # moto's
PSEUDO = {
    "AWS::StackName": NAME,
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": ACCOUNT,
}
LOT = Decimal("0.00001")

# Follower by leader; each mirrors half.
PAIRS = {
    "ada-usdm": ("ben-usdm", "binanceusdm"),
    "ada-spot": ("ben-spot", "binance"),
    "ada-delta": ("cho-delta", "delta"),
    "ada-hedge": ("cho-hedge", "binanceusdm"),
}
HALF = Rules(multiplier=Decimal("0.5"))


@dataclass
class Stack:
    """What a function finds, and what it leaves behind."""

    dynamodb: Any
    kms: Any
    states: Any
    clock: ManualClock = field(default_factory=ManualClock)
    venues: ModelVenues = field(default_factory=ModelVenues)

    def __post_init__(self) -> None:
        self.tables = create_tables(self.dynamodb, TEMPLATE, f"{NAME}-")
        self.key = self.kms.create_key()["KeyMetadata"]["Arn"]
        self.machines = {
            logical_id: self.states.create_state_machine(
                name=name,
                definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/{logical_id}",
            )["stateMachineArn"]
            for logical_id, name in state_machines(TEMPLATE, PSEUDO).items()
        }
        name = self.tables
        self.accounts = DynamoAccounts(self.dynamodb, name["AccountsTable"], self.clock)
        self.register = DynamoRegister(self.dynamodb, name["AccountsTable"])
        self.keyring = DynamoKeyring(self.dynamodb, name["KeysTable"], name["AccountsTable"])
        self.follows = DynamoFollows(self.dynamodb, name["FollowsTable"], name["AccountsTable"])
        self.ledgers = DynamoLedgers(self.dynamodb, name["LedgersTable"], name["CopyOrdersTable"])
        self.instruments = DynamoInstruments(self.dynamodb, name["InstrumentsTable"], self.clock)
        self.leases = DynamoLeases(self.dynamodb, name["LeasesTable"])
        self.positions = DynamoPositions(self.dynamodb, name["PositionsTable"], name["LeasesTable"])
        self.fills = DynamoFills(
            self.dynamodb,
            name["FillsTable"],
            positions_table=name["PositionsTable"],
            leases_table=name["LeasesTable"],
        )
        self.orders = DynamoOrders(
            self.dynamodb,
            name["CopyOrdersTable"],
            follows_table=name["FollowsTable"],
            positions_table=name["PositionsTable"],
        )

    def environment(self, function: str, **parameters: str) -> dict[str, str]:
        """As the template has it; `parameters` are the template's."""
        known = {
            **PSEUDO,
            **self.tables,
            **self.machines,
            "SealingKey.Arn": self.key,
            "WaitsFunction": "",
        }
        return environment(TEMPLATE, function, known | parameters)

    def pair(self, leader: str, follower: str, venue: str, **more: Any) -> ModelVenue:
        """A leader's account, a follower's, the follow between them, and the follower's venue."""
        owner = follower.partition("-")[0]
        sealed = more.pop("sealed_key", b"sealed")
        self.accounts.save(Account(leader, "ada", venue, sealed, listen_shard="0"))
        self.accounts.save(Account(follower, owner, venue, sealed))
        name = f"{leader}.{follower}"
        started: dict[str, Any] = {"started_ms": 0, "rules": HALF} | more
        self.follows.save(Follow(name, leader, follower, owner, venue, **started))
        return self.at_venue(follower)

    def at_venue(self, account_id: str) -> ModelVenue:
        """The account's book at the model venue."""
        if account_id not in self.venues.of:
            model = ModelVenue(self.clock, account_id, lot=LOT)
            self.venues.of[account_id] = model
        found = self.venues.of[account_id]
        assert isinstance(found, ModelVenue)
        return found

    def plan(self, path: str) -> list[CopyOrder]:
        """A sample's orders are stored, 50 ms old; what an exit is about is held."""
        orders = [order_from_item(image) for image in images(path)]
        for image, order in zip(images(path), orders, strict=True):
            self.put("CopyOrdersTable", image)
            venue = self.pair(order.leader_id, order.account_id, order.venue)
            if order.leg is Leg.EXIT:
                held = -order.side.sign * order.quantity
                venue.held[order.position_key] = held
                key = {"pk": {"S": order.follow_id}, "sk": {"S": order.position_key}}
                rows = {"copied": {"N": str(held)}, "closable": {"N": str(held)}}
                self.put("PositionsTable", key | rows)
        self.clock.now_ms = orders[0].decided_ms + 50
        return orders

    def book(self) -> dict[str, list[tuple[str, Decimal, bool]]]:
        """What each account's venue took: side, quantity, reduce-only."""
        taken = {}
        for account_id, venue in self.venues.of.items():
            assert isinstance(venue, ModelVenue)
            requests = [order.request for order in venue.book]
            taken[account_id] = [(str(r.side), r.quantity, r.reduce_only) for r in requests]
        return {account_id: orders for account_id, orders in taken.items() if orders}

    def put(self, table: str, item: Any) -> None:
        """Any item, as it is."""
        self.dynamodb.put_item(TableName=self.tables[table], Item=item)

    def items(self, table: str) -> list[Any]:
        """All of a table."""
        found = self.dynamodb.scan(TableName=self.tables[table], ConsistentRead=True)["Items"]
        return sorted(found, key=lambda item: (item["pk"]["S"], item.get("sk", {}).get("S", "")))

    def contents(self) -> dict[str, list[Any]]:
        """Every table."""
        return {table: self.items(table) for table in self.tables}

    def copy_orders(self) -> list[CopyOrder]:
        return [order_from_item(item) for item in self.items("CopyOrdersTable")]

    def executions(self) -> list[Any]:
        """Every run of `retry_order`."""
        machine = self.machines["RetryOrder"]
        listed = self.states.list_executions(stateMachineArn=machine)["executions"]
        return [self.states.describe_execution(executionArn=e["executionArn"]) for e in listed]


def images(path: str) -> list[Any]:
    """The stored items that a sample's records are about."""
    return [record["dynamodb"]["NewImage"] for record in sample(path)["Records"]]
