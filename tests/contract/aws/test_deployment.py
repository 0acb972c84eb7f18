"""Deploying a template: what fails is named, what MiniStack lacks does not stop it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pilotfish_local.aws.deploy import DeploymentError, deploy
from pilotfish_local.aws.embedded import EmbeddedAws
from pilotfish_local.aws.packaging import archive
from tests.contract.aws.conftest import Workshop, aws_interpreter, eventually

FUNCTION = """
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/function
      Handler: app.handler
      Runtime: python3.13
      PROPERTIES
"""
TEMPLATE = "Transform: AWS::Serverless-2016-10-31\nResources:" + FUNCTION
HANDLER = "def handler(event, context):\n    import layered\n    return layered.BUILD\n"

INERT = """
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Budgets:
    - Name
    - [First, Second]
    - "${Name}Budget": {Type: AWS::Budgets::Budget, Properties: {Budget: {}}}
  Archive: {Type: AWS::Events::Archive, Properties: {SourceArn: arn}}
  Query: {Type: AWS::Logs::QueryDefinition, Properties: {Name: q, QueryString: fields @message}}
  Composite: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmRule: TRUE}}
  Ratio:
    Type: AWS::CloudWatch::Alarm
    Properties:
      ComparisonOperator: GreaterThanThreshold
      EvaluationPeriods: 1
      Threshold: 1
      Metrics: [{Id: ratio, Expression: "errors / calls"}]
"""


def test_a_layer_is_taken_from_the_folder_that_the_caller_names(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    layer = """
  Core:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: .build/layers/not-built-here
      CompatibleArchitectures: [arm64]
      CompatibleRuntimes: [python3.13]
"""
    workshop.write("local-build/python/layered.py", "BUILD = 'local'")
    workshop.write("code/function/app.py", HANDLER)
    properties = "Layers: [!Ref Core]\n      Architectures: [arm64]"
    workshop.write("template.yaml", TEMPLATE.replace("PROPERTIES", properties) + layer)
    template = workshop.folder / "template.yaml"
    folders = {"Core": workshop.folder / "local-build"}
    stack = deploy(aws, template, folders=folders, stack_name=f"layered-{time.time_ns()}")
    reply = aws.client("lambda").invoke(FunctionName=stack.resources["Function"])
    assert reply["Payload"].read() == b'"local"'
    with pytest.raises(FileNotFoundError, match="Core: no folder"):
        deploy(aws, template, stack_name="unbuilt")


@pytest.mark.parametrize(
    ("kind", "name"),
    [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")],
)
def test_a_nested_template_is_packaged_and_deployed_with_its_parent(
    aws: EmbeddedAws, workshop: Workshop, kind: str, name: str
) -> None:
    nested = "\nOutputs: {Name: {Value: !Ref Function}}"
    workshop.write("nested/template.yaml", TEMPLATE.replace("PROPERTIES", "") + nested)
    workshop.write("nested/code/function/app.py", "def handler(event, context): return 7")
    parent = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Part: {{Type: "{kind}", Properties: {{{name}: nested/template.yaml}}}}
Outputs:
  Name: {{Value: !GetAtt Part.Outputs.Name}}
"""
    stack = workshop.deploy(aws, parent)
    assert stack.invoke(stack.stack.outputs["Name"]).payload == 7


def test_a_failure_names_the_resource_and_the_reason(aws: EmbeddedAws, workshop: Workshop) -> None:
    bad = TEMPLATE.replace("PROPERTIES", "Layers: [arn:aws:lambda:us-east-1:1:layer:none:1]")
    with pytest.raises(DeploymentError, match=r"Function \(AWS::Lambda::Function\): .+layer"):
        workshop.deploy(aws, bad, function=HANDLER)


def test_an_unknown_resource_type_is_named(aws: EmbeddedAws, workshop: Workshop) -> None:
    unknown = "Resources: {Odd: {Type: AWS::No::Such}}"
    with pytest.raises(DeploymentError, match="AWS::No::Such"):
        workshop.deploy(aws, unknown)


def test_reserved_concurrency_of_the_template_limits_the_function(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    limited = TEMPLATE.replace("PROPERTIES", "ReservedConcurrentExecutions: 0")
    stack = workshop.deploy(aws, limited, function=HANDLER)
    with pytest.raises(aws.client("lambda").exceptions.TooManyRequestsException):
        stack.invoke("Function")


def test_unrepaired_reserved_concurrency_is_ignored(
    unrepaired: Callable[[str], EmbeddedAws], workshop: Workshop
) -> None:
    limited = TEMPLATE.replace("PROPERTIES", "ReservedConcurrentExecutions: 0")
    stack = workshop.deploy(unrepaired("function_properties"), limited, function=HANDLER)
    assert stack.invoke("Function").payload["errorType"] == "ModuleNotFoundError"


def test_a_dead_letter_queue_of_the_template_takes_what_failed(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    properties = """DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Dead.Arn}
      EventInvokeConfig: {MaximumRetryAttempts: 0}
"""
    queue = "  Dead: {Type: AWS::SQS::Queue}\n"
    template = TEMPLATE.replace("PROPERTIES", properties) + queue
    stack = workshop.deploy(aws, template, function=HANDLER)
    aws.client("lambda").invoke(
        FunctionName=stack.physical("Function"), InvocationType="Event", Payload=b'{"n": 1}'
    )
    url, sqs = stack.physical("Dead"), aws.client("sqs")
    messages = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    assert '"n": 1' in messages[0]["Body"]


def test_types_that_alter_no_behaviour_do_not_stop_a_template(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = workshop.deploy(aws, INERT).stack
    budgets = {"FirstBudget", "SecondBudget"}
    assert set(stack.resources) == {"Archive", "Query", "Composite", "Ratio"} | budgets


def test_unrepaired_one_such_type_refuses_the_template(
    unrepaired: Callable[[str], EmbeddedAws], workshop: Workshop
) -> None:
    with pytest.raises(DeploymentError, match="AWS::Events::Archive"):
        workshop.deploy(unrepaired("resource_types"), INERT)


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "python").mkdir(parents=True)
        (tmp_path / folder / "python" / "x.py").write_text("x = 1")
        os.utime(tmp_path / folder / "python" / "x.py", (1, 1 if folder == "a" else 10**9))
    assert archive(tmp_path / "a") == archive(tmp_path / "b")


CRASHING = """
import os, sys
from pathlib import Path
from pilotfish_local.aws.embedded import EmbeddedAws
aws = EmbeddedAws.start(interpreter=Path(sys.argv[1]), state_dir=Path(sys.argv[2]))
print(aws.process.pid, flush=True)
os._exit(1)
"""


def test_the_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CRASHING, str(aws_interpreter()), str(tmp_path)]
    crashed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    eventually(lambda: not alive(int(crashed.stdout)))


def test_stopping_ends_the_lambda_workers(workshop: Workshop, tmp_path: Path) -> None:
    with EmbeddedAws.start(interpreter=aws_interpreter(), state_dir=tmp_path / "aws") as aws:
        code = "def handler(event, context): pass"
        stack = workshop.deploy(aws, TEMPLATE.replace("PROPERTIES", ""), function=code)
        stack.invoke("Function")
        (pid,) = aws.worker_pids(stack.physical("Function"))
        assert alive(pid)
    eventually(lambda: not alive(pid))


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead but not collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
