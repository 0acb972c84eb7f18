"""Whether the embedded AWS enforces IAM: asked, not assumed."""

from typing import Any

from botocore.exceptions import ClientError

from pilotfish_local.local_stack import LocalStack


def iam_enforced(local: LocalStack) -> bool:
    """Whether the mapper's role is denied what its policy does not name: a scan of the accounts."""
    role = local.aws.client("lambda").get_function_configuration(
        FunctionName=local.name("MapperFunction")
    )["Role"]
    session = local.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="pilotfish-demo")
    table = _as_role(local, session["Credentials"])
    try:
        table.scan(TableName=local.name("AccountsTable"), Limit=1)
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] == "AccessDeniedException":
            return True
        raise
    finally:
        table.close()
    return False


def _as_role(local: LocalStack, credentials: dict[str, Any]) -> Any:
    import boto3

    session: Any = boto3.Session()
    return session.client(
        "dynamodb",
        endpoint_url=local.aws.endpoint,
        region_name=local.aws.region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
