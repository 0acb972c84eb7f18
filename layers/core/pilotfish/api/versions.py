"""Two people who change the same thing do not overwrite each other: ETag and If-Match."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header

from pilotfish.api.problems import Problem

IfMatch = Annotated[
    str | None,
    Header(alias="if-match", description='The ETag of what is changed, `"7"`, as last read.'),
]


def etag(version: int) -> dict[str, str]:
    """The header that tells a version."""
    return {"ETag": f'"{version}"'}


def expected(if_match: str | None) -> int:
    """The version that the caller has read; 428 without one."""
    if if_match is None:
        raise Problem(428, "Say which version you change: If-Match with the ETag that you read.")
    text = if_match.removeprefix("W/").strip('"')
    if not text.isdecimal():
        raise Problem(412, f"No version is called {if_match[:40]!r}: read it again.")
    return int(text)


def changed_meanwhile() -> Problem:
    """Somebody else was first."""
    return Problem(412, "It was changed meanwhile: read it again, and then change it.")
