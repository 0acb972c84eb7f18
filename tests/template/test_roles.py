"""Least privilege: what each role of the expanded template allows, to the action and resource."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pilotfish.domain.leaders import SORTS
from tests.template.expansion import Resources, as_list, grants, of_type, statements

#: Actions for which AWS knows no resource.
ANY_RESOURCE = {
    "xray:PutTraceSegments": "X-Ray has no resources to name",
    "xray:PutTelemetryRecords": "X-Ray has no resources to name",
    "xray:GetSamplingRules": "X-Ray has no resources to name",
    "xray:GetSamplingTargets": "X-Ray has no resources to name",
    "logs:CreateLogDelivery": "a state machine's log delivery is not a resource",
    "logs:GetLogDelivery": "a state machine's log delivery is not a resource",
    "logs:UpdateLogDelivery": "a state machine's log delivery is not a resource",
    "logs:DeleteLogDelivery": "a state machine's log delivery is not a resource",
    "logs:ListLogDeliveries": "a state machine's log delivery is not a resource",
    "logs:PutResourcePolicy": "lets the delivery service write to the log group",
    "logs:DescribeResourcePolicies": "lets the delivery service write to the log group",
    "logs:DescribeLogGroups": "the log group is looked for among all",
}

MAPPER = {
    "AccountsTable.Arn": {"GetItem"},
    "FollowsTable.Arn": {"Query"},
    "LedgersTable.Arn": {"GetItem", "PutItem"},
    "PositionsTable.Arn": {"BatchGetItem"},
    "InstrumentsTable.Arn": {"GetItem"},
    "CopyOrdersTable.Arn": {"PutItem"},
    "FillsTable.Arn": {"Query", "UpdateItem"},
}
#: Whoever decides may pin what stands for a symbol, with the leader's revision.
PINS = {
    "AccountsTable.Arn": {"GetItem", "UpdateItem"},
    "FollowsTable.Arn": {"Query", "UpdateItem"},
}
#: Whoever sizes entries may ask what accounts have.
WALLETS = {"WalletsTable.Arn": {"BatchGetItem"}}
EXECUTOR = {
    "KeysTable.Arn": {"GetItem"},
    "PaperTable.Arn": {"GetItem", "PutItem"},
    "AccountsTable.Arn": {"BatchGetItem"},
    "FollowsTable.Arn": {"ConditionCheckItem"},
    "CopyOrdersTable.Arn": {"GetItem", "PutItem"},
    "PositionsTable.Arn": {"BatchGetItem", "Query", "UpdateItem"},
    "HaltsTable.Arn": {"Query"},
}

#: What each function does with the tables. A transaction needs the rights of its items.
DYNAMODB: dict[str, dict[str, set[str]]] = {
    "Poller": {
        "KeysTable.Arn": {"GetItem"},
        "LeasesTable.Arn": {"GetItem", "UpdateItem", "ConditionCheckItem"},
        "AccountsTable/index/listeners": {"Query"},
        "AccountsTable.Arn": {"GetItem"},
        "AlertsTable.Arn": {"PutItem"},
        "CursorsTable.Arn": {"GetItem", "PutItem"},
        "PositionsTable.Arn": {"Query", "PutItem"},
        "FillsTable.Arn": {"PutItem"},
        "AsidesTable.Arn": {"Query", "PutItem", "UpdateItem"},
        "AsidesTable/index/waits": {"Query"},
        "HealthTable.Arn": {"UpdateItem"},
    },
    "Mapper": MAPPER | PINS | WALLETS,
    "Executor": EXECUTOR,
    "Retry": EXECUTOR,
    "ExitSync": MAPPER
    | {
        "FillsTable.Arn": {"GetItem", "Query"},
        "CopyOrdersTable/index/open": {"Query"},
        "AlertsTable.Arn": {"PutItem"},
    },
    "Replay": {
        "KeysTable.Arn": {"GetItem"},
        "PaperTable.Arn": {"GetItem", "PutItem"},
        "AccountsTable.Arn": {"GetItem", "BatchGetItem"},
        "FollowsTable.Arn": {"Query"},
        "FillsTable.Arn": {"GetItem"},
        "CopyOrdersTable.Arn": {"GetItem", "BatchGetItem", "PutItem"},
        "CopyOrdersTable/index/failed": {"Query"},
        "LedgersTable.Arn": {"GetItem", "PutItem"},
        "PositionsTable.Arn": {"BatchGetItem", "UpdateItem"},
    },
    "Follow": {
        "AccountsTable.Arn": {"GetItem", "BatchGetItem", "UpdateItem", "ConditionCheckItem"},
        "FollowsTable.Arn": {"GetItem", "Query", "PutItem", "UpdateItem"},
        "PositionsTable.Arn": {"GetItem", "BatchGetItem", "Query", "ConditionCheckItem"},
        "LeadersTable.Arn": {"GetItem", "UpdateItem"},
        "ConnectionsTable.Arn": {"Query", "DeleteItem", "UpdateItem"},
        "LedgersTable.Arn": {"GetItem", "PutItem"},
        "InstrumentsTable.Arn": {"GetItem"},
        "WalletsTable.Arn": {"BatchGetItem"},
        "CopyOrdersTable.Arn": {"PutItem"},
        "CopyOrdersTable/index/open": {"Query"},
    },
    "Wallets": {
        "KeysTable.Arn": {"GetItem"},
        "PaperTable.Arn": {"GetItem", "PutItem"},
        "AccountsTable.Arn": {"GetItem", "BatchGetItem", "UpdateItem"},
        "AccountsTable/index/listeners": {"Query"},
        "AccountsTable/index/by_owner": {"Query"},
        "FollowsTable.Arn": {"Query", "UpdateItem"},
        "PositionsTable.Arn": {"GetItem", "BatchGetItem", "Query", "PutItem"},
        "LedgersTable.Arn": {"GetItem", "PutItem"},
        "InstrumentsTable.Arn": {"GetItem"},
        "CopyOrdersTable.Arn": {"PutItem", "BatchGetItem"},
        "CopyOrdersTable/index/open": {"Query"},
        "CopyOrdersTable/index/executed": {"Query"},
        "TrackRecordsTable.Arn": {"BatchGetItem", "Query", "PutItem"},
        "AlertsTable.Arn": {"PutItem"},
        "ConnectionsTable.Arn": {"Query"},
        "WalletsTable.Arn": {"BatchGetItem", "UpdateItem"},
    },
    "Reconcile": {
        "KeysTable.Arn": {"GetItem"},
        "PaperTable.Arn": {"GetItem", "PutItem"},
        "AlertsTable.Arn": {"PutItem"},
        "AccountsTable.Arn": {"GetItem", "BatchGetItem"},
        "AccountsTable/index/listeners": {"Query"},
        "FollowsTable.Arn": {"Query"},
        "InstrumentsTable.Arn": {"GetItem"},
        "LedgersTable.Arn": {"GetItem", "PutItem"},
        "PositionsTable.Arn": {"Query", "UpdateItem"},
        "CopyOrdersTable.Arn": {"BatchGetItem", "PutItem"},
        "CopyOrdersTable/index/open": {"Query"},
        "CopyOrdersTable/index/failed": {"Query"},
    },
    "Sweep": MAPPER
    | PINS
    | WALLETS
    | {
        "PositionsTable.Arn": {"BatchGetItem", "Query"},
        "FillsTable/index/undecided": {"Query"},
        "CopyOrdersTable/index/open": {"Query"},
        "FollowsTable/index/ending": {"Query"},
        "ConnectionsTable.Arn": {"Query", "DeleteItem", "UpdateItem"},
        "AlertsTable.Arn": {"PutItem"},
    },
    "Exports": {
        "AccountsTable.Arn": {"GetItem"},
        "FillsTable.Arn": {"Query", "BatchGetItem"},
        "FillsTable/index/by_owner": {"Query"},
        "CopyOrdersTable.Arn": {"Query", "BatchGetItem"},
        "CopyOrdersTable/index/by_owner": {"Query"},
        "ExportsTable.Arn": {"GetItem", "PutItem"},
    },
    "History": {
        "AccountsTable.Arn": {"BatchGetItem"},
        "SyncSessionsTable.Arn": {"GetItem", "Query", "PutItem", "DeleteItem"},
        "SyncSessionsTable/index/by_status": {"Query"},
    },
    "HistorySync": {
        "KeysTable.Arn": {"GetItem"},
        "PaperTable.Arn": {"GetItem", "PutItem", "Query"},
        "AccountsTable.Arn": {"BatchGetItem"},
        "SyncSessionsTable.Arn": {
            "GetItem",
            "Query",
            "PutItem",
            "DeleteItem",
            "ConditionCheckItem",
        },
        "AsidesTable.Arn": {"Query", "PutItem", "UpdateItem"},
        "AsidesTable/index/waits": {"Query"},
        "CursorsTable.Arn": {"GetItem"},
        "PositionsTable.Arn": {"Query"},
        "FillsTable.Arn": {"BatchGetItem", "PutItem"},
    },
    "Connections": {
        "PaperTable.Arn": {"GetItem", "PutItem"},
        "AccountsTable.Arn": {"GetItem", "BatchGetItem", "PutItem", "UpdateItem"},
        "AccountsTable/index/listeners": {"Query"},
        "AccountsTable/index/due": {"Query"},
        "KeysTable.Arn": {"GetItem", "PutItem", "UpdateItem", "DeleteItem"},
        "FollowsTable.Arn": {"GetItem", "BatchGetItem", "Query", "UpdateItem"},
        "FollowsTable/index/by_owner": {"Query"},
        "AlertsTable.Arn": {"PutItem"},
        "HealthTable.Arn": {"BatchGetItem"},
    },
    "Review": {
        "FillsTable.Arn": {"GetItem", "Query"},
        "CorrectionsTable.Arn": {"Query", "PutItem"},
        "AsidesTable.Arn": {"GetItem", "Query", "UpdateItem"},
        "AsidesTable/index/waits": {"Query"},
    },
    "Records": {
        "AccountsTable.Arn": {"GetItem"},
        "AccountsTable/index/listeners": {"Query"},
        "ChannelLogTable.Arn": {"GetItem"},
        "PositionsTable.Arn": {"GetItem"},
        "CopyOrdersTable.Arn": {"BatchGetItem"},
        "CopyOrdersTable/index/executed": {"Query"},
        "CorrectionsTable.Arn": {"Query"},
        "CorrectionsTable/index/by_time": {"Query"},
        "FillsTable.Arn": {"Query"},
        "FillsTable/index/written": {"Query"},
        "FollowsTable.Arn": {"Query"},
        "SyncSessionsTable.Arn": {"Query"},
        "WalletsTable.Arn": {"BatchGetItem"},
        "LeadersTable.Arn": {"GetItem", "UpdateItem"},
        "TrackRecordsTable.Arn": {
            "GetItem",
            "BatchGetItem",
            "Query",
            "PutItem",
            "ConditionCheckItem",
        },
    },
    "Instruments": {"InstrumentsTable.Arn": {"PutItem"}},
    "Broadcaster": {
        "ConnectionsTable.Arn": {"BatchGetItem", "Query", "DeleteItem"},
        "ConnectionsTable/index/by_connection": {"Query"},
        "ChannelLogTable.Arn": {"Query", "UpdateItem", "PutItem"},
        "AlertsTable.Arn": {"PutItem"},
    },
    "Authorizer": {"ConnectionsTable.Arn": {"DeleteItem"}},
    "Api": {
        "AlertsTable.Arn": {"PutItem"},
        "RequestsTable.Arn": {"GetItem", "PutItem", "UpdateItem", "DeleteItem"},
        "ConnectionsTable.Arn": {"PutItem", "Query"},
        "WatchlistsTable.Arn": {"GetItem", "Query", "PutItem", "DeleteItem"},
        "ChannelLogTable.Arn": {"GetItem"},
        "InstrumentsTable.Arn": {"GetItem"},
        "FillsTable.Arn": {"Query", "BatchGetItem"},
        "FillsTable/index/by_owner": {"Query"},
        "FillsTable/index/undecided": {"Query"},
        "CopyOrdersTable.Arn": {"GetItem", "Query", "BatchGetItem"},
        "CopyOrdersTable/index/open": {"Query"},
        "ExportsTable.Arn": {"GetItem", "Query", "PutItem"},
        "HaltsTable.Arn": {"Query", "PutItem", "DeleteItem"},
        "TrailTable.Arn": {"Query", "PutItem"},
        "TrailTable/index/by_actor": {"Query"},
        "TrailTable/index/every": {"Query"},
        "LeasesTable.Arn": {"GetItem"},
        "AsidesTable/index/waits": {"Query"},
        "SyncSessionsTable.Arn": {"Query"},
        "SyncSessionsTable/index/by_status": {"Query"},
        "CopyOrdersTable/index/by_owner": {"Query"},
        "AccountsTable.Arn": {"GetItem", "BatchGetItem", "PutItem", "UpdateItem"},
        "AccountsTable/index/by_owner": {"Query"},
        "KeysTable.Arn": {"GetItem", "PutItem", "UpdateItem"},
        "HealthTable.Arn": {"BatchGetItem"},
        "PaperTable.Arn": {"GetItem", "PutItem"},
        "TrackRecordsTable.Arn": {"GetItem", "Query", "BatchGetItem"},
        "PortfoliosTable.Arn": {"GetItem", "Query", "PutItem", "DeleteItem"},
        "WalletsTable.Arn": {"BatchGetItem"},
        "LeadersTable.Arn": {"GetItem", "Query", "PutItem", "UpdateItem"},
        **{f"LeadersTable/index/by_{sort.by}": {"Query"} for sort in SORTS.values()},
        "FollowsTable.Arn": {"GetItem", "BatchGetItem", "Query"},
        "FollowsTable/index/by_owner": {"Query"},
        "PositionsTable.Arn": {"Query"},
    },
    "Socket": {
        "ConnectionsTable.Arn": {"BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"},
        "ConnectionsTable/index/by_connection": {"Query"},
        "ChannelLogTable.Arn": {"BatchGetItem", "GetItem", "Query", "UpdateItem"},
        "AccountsTable.Arn": {"GetItem"},
        "AccountsTable/index/by_owner": {"Query"},
        "FollowsTable.Arn": {"Query"},
        "FollowsTable/index/by_owner": {"Query"},
        "FillsTable.Arn": {"Query"},
        "CopyOrdersTable.Arn": {"Query"},
        "PositionsTable.Arn": {"Query"},
        "WalletsTable.Arn": {"BatchGetItem"},
        "SyncSessionsTable.Arn": {"Query"},
        "AlertsTable/index/by_time": {"Query"},
        "InstrumentsTable.Arn": {"GetItem"},
    },
    "Waits": {
        "AccountsTable.Arn": {"GetItem"},
        "FollowsTable.Arn": {"Query"},
        "LedgersTable.Arn": {"GetItem", "PutItem"},
        "CopyOrdersTable.Arn": {"PutItem"},
        "CopyOrdersTable/index/open": {"Query"},
        "PositionsTable.Arn": {"UpdateItem"},
        "LeasesTable.Arn": {"GetItem", "UpdateItem"},
    },
    "Market": {
        "ConnectionsTable.Arn": {"BatchGetItem", "Query", "PutItem", "DeleteItem"},
        "ConnectionsTable/index/by_connection": {"Query"},
        "ChannelLogTable.Arn": {"GetItem", "BatchGetItem", "Query", "UpdateItem", "PutItem"},
        "AccountsTable/index/by_owner": {"Query"},
        "FollowsTable/index/by_owner": {"Query"},
        "PositionsTable.Arn": {"Query"},
        "WalletsTable.Arn": {"BatchGetItem"},
        "CopyOrdersTable.Arn": {"Query"},
        "LeasesTable.Arn": {"GetItem", "UpdateItem"},
        "InstrumentsTable.Arn": {"GetItem"},
    },
}

CONNECTIONS = (
    "arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:SocketApi/live/POST/@connections/*"
)
START = {"RetryOrder": {"states:StartExecution"}}
SYNC = {"ExitSync": {"states:StartExecution"}}
POST = {CONNECTIONS: {"execute-api:ManageConnections"}}
HANG_UP = {CONNECTIONS.replace("/POST/", "/DELETE/"): {"execute-api:ManageConnections"}}
DECRYPT = {"SealingKey.Arn": {"kms:Decrypt"}}
WAKE = {"WaitsFunction.Arn": {"lambda:InvokeFunction"}}

#: What else a function does, besides tables, streams, queues, logs and traces.
BESIDES: dict[str, dict[str, set[str]]] = {
    "Poller": DECRYPT,
    "Mapper": SYNC | WAKE,
    "Executor": DECRYPT | START,
    "Retry": DECRYPT,
    "Replay": DECRYPT | START,
    "Reconcile": DECRYPT,
    "Wallets": DECRYPT,
    "Connections": DECRYPT,
    "Api": {
        "MarketFunction.Arn": {"lambda:InvokeFunction"},
        "ReplayFunction.Arn": {"lambda:InvokeFunction"},
        "ExportsFunction.Arn": {"lambda:InvokeFunction"},
        "ExportsBucket/*": {"s3:GetObject"},
        "ConnectionsFunction.Arn": {"lambda:InvokeFunction"},
        "FollowFunction.Arn": {"lambda:InvokeFunction"},
        "SocketFunction.Arn": {"lambda:InvokeFunction"},
        "SealingKey.Arn": {"kms:GenerateDataKey"},
    },
    "Exports": {"ExportsBucket/*": {"s3:PutObject", "s3:AbortMultipartUpload"}},
    "History": {"HistorySync": {"states:StartExecution"}},
    "HistorySync": DECRYPT,
    "Sweep": START | SYNC | WAKE,
    "Broadcaster": POST,
    "Socket": POST | HANG_UP | {"MarketFunction.Arn": {"lambda:InvokeFunction"}},
    "Market": POST | HANG_UP,
}

STREAM = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}


def role_of(resources: Resources, function: str) -> dict[str, Any]:
    name, attribute = resources[f"{function}Function"]["Properties"]["Role"]["Fn::GetAtt"]
    assert attribute == "Arn"
    properties: dict[str, Any] = resources[name]["Properties"]
    return properties


def allowed(resources: Resources, function: str, service: str) -> dict[str, set[str]]:
    granted = {
        resource: {action for action in actions if action.startswith(f"{service}:")} - STREAM
        for resource, actions in grants(role_of(resources, function)).items()
    }
    return {resource: actions for resource, actions in granted.items() if actions}


def mappings(resources: Resources, function: str) -> list[dict[str, Any]]:
    return [
        mapping
        for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
        if mapping["FunctionName"] == {"Ref": f"{function}Function"}
    ]


def test_each_function_has_a_role_of_its_own(resources: Resources) -> None:
    functions = of_type(resources, "AWS::Lambda::Function")
    roles = [properties["Role"]["Fn::GetAtt"][0] for properties in functions.values()]

    assert {name.removesuffix("Function") for name in functions} == set(DYNAMODB)
    assert len(set(roles)) == len(functions)


def test_every_statement_names_its_actions_and_resources(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in statements(role):
            actions = as_list(statement["Action"])
            assert set(statement) == {"Effect", "Action", "Resource"}, name
            assert all(re.fullmatch(r"[a-z0-9-]+:[A-Z]\w+", action) for action in actions), name
            if "*" in as_list(statement["Resource"]):
                assert set(actions) <= set(ANY_RESOURCE), f"{name} names no resource"


def test_a_star_within_a_resource_stands_for_connections_and_exports_alone(
    resources: Resources,
) -> None:
    roles = of_type(resources, "AWS::IAM::Role").values()
    starred = {name for role in roles for name in grants(role) if "*" in name}

    assert starred == {"*", "ExportsBucket/*", *POST, *HANG_UP}


def test_no_policy_comes_from_elsewhere(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, name
    assert not of_type(resources, "AWS::IAM::Policy")
    assert not of_type(resources, "AWS::IAM::ManagedPolicy")


def test_a_role_trusts_one_service(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert isinstance(trust["Principal"]["Service"], str), name


@pytest.mark.parametrize("function", DYNAMODB)
def test_tables(resources: Resources, function: str) -> None:
    expected = {
        table: {f"dynamodb:{action}" for action in actions}
        for table, actions in DYNAMODB[function].items()
    }

    assert allowed(resources, function, "dynamodb") == expected


def test_nobody_may_scan_a_table(resources: Resources) -> None:
    """PartiQL scans too, where no key is named."""
    roles = of_type(resources, "AWS::IAM::Role").values()
    actions = {action for role in roles for allowed in grants(role).values() for action in allowed}

    assert "dynamodb:Query" in actions
    assert not {action for action in actions if re.match(r"dynamodb:(Scan|PartiQL|\*)", action)}


@pytest.mark.parametrize("function", DYNAMODB)
def test_streams_and_queues(resources: Resources, function: str) -> None:
    granted = grants(role_of(resources, function))
    sources = {".".join(m["EventSourceArn"]["Fn::GetAtt"]) for m in mappings(resources, function)}
    targets = [m["DestinationConfig"] for m in mappings(resources, function)]
    targets += [
        config["DestinationConfig"]
        for config in of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
        if config["FunctionName"] == {"Ref": f"{function}Function"}
    ]
    queues = {".".join(target["OnFailure"]["Destination"]["Fn::GetAtt"]) for target in targets}

    assert {name for name, actions in granted.items() if actions & STREAM} == sources
    assert all(granted[source] == STREAM for source in sources)
    told = {
        queue: actions - {"sqs:GetQueueAttributes"}
        for queue, actions in allowed(resources, function, "sqs").items()
        if actions != {"sqs:GetQueueAttributes"}
    }
    assert told == {queue: {"sqs:SendMessage"} for queue in queues}


def test_health_counts_what_was_given_up_in_every_queue(resources: Resources) -> None:
    queues = {f"{name}.Arn" for name in of_type(resources, "AWS::SQS::Queue")}
    variables = resources["ApiFunction"]["Properties"]["Environment"]["Variables"]
    comma, listed = variables["FAILURE_QUEUES"]["Fn::Join"]

    counts = {queue: {"sqs:GetQueueAttributes"} for queue in queues}
    assert allowed(resources, "Api", "sqs") == counts
    assert (comma, {f"{queue['Ref']}.Arn" for queue in listed}) == (",", queues)


@pytest.mark.parametrize("function", DYNAMODB)
def test_nothing_besides(resources: Resources, function: str) -> None:
    everyone = {"dynamodb", "sqs", "logs", "xray"}
    besides = {
        resource: {action for action in actions if action.split(":")[0] not in everyone}
        for resource, actions in grants(role_of(resources, function)).items()
    }

    assert {name: actions for name, actions in besides.items() if actions} == BESIDES.get(
        function, {}
    )


def test_who_seals_keys_cannot_open_them(resources: Resources) -> None:
    rights = {
        function: {
            action
            for actions in grants(role_of(resources, function)).values()
            for action in actions
            if action.startswith("kms:")
        }
        for function in DYNAMODB
    }

    assert rights["Api"] == {"kms:GenerateDataKey"}
    assert all(held <= {"kms:Decrypt"} for name, held in rights.items() if name != "Api")


@pytest.mark.parametrize("function", DYNAMODB)
def test_a_function_writes_to_its_own_log_group(resources: Resources, function: str) -> None:
    assert allowed(resources, function, "logs") == {
        f"{function}Logs.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"}
    }


@pytest.mark.parametrize(
    ("role", "function"),
    [("RetryOrderRole", "RetryFunction"), ("HistorySyncMachineRole", "HistorySyncFunction")],
)
def test_a_state_machine_runs_its_function_alone(
    resources: Resources, role: str, function: str
) -> None:
    granted = grants(resources[role]["Properties"])

    assert {name for name in granted if name != "*"} == {f"{function}.Arn"}
    assert granted[f"{function}.Arn"] == {"lambda:InvokeFunction"}


def test_the_scheduler_runs_what_is_scheduled(resources: Resources) -> None:
    schedules = of_type(resources, "AWS::Scheduler::Schedule").values()
    targets = {".".join(schedule["Target"]["Arn"]["Fn::GetAtt"]) for schedule in schedules}
    granted = grants(resources["SchedulerRole"]["Properties"])

    assert granted == {target: {"lambda:InvokeFunction"} for target in targets} | {
        "ScheduleFailures.Arn": {"sqs:SendMessage"}
    }
