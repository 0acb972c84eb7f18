"""What went wrong, as `application/problem+json` (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that is wrong, by its path in the request (`body.rules.multiplier`), and why."""

    field: str
    message: str


@dataclass(eq=False)
class Problem(Exception):
    """Ends a request: `detail` says to a person what is wrong and what to do."""

    status: int
    detail: str
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""

    def response(self) -> Response[str]:
        """The answer that says so; `code`, where there is one, is for programs."""
        body = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.code:
            body["code"] = self.code
        if self.faults:
            body["errors"] = [
                {"field": each.field, "message": each.message} for each in self.faults
            ]
        return Response(
            status_code=self.status,
            content_type=CONTENT_TYPE,
            body=json.dumps(body),
            headers=dict(self.headers),
        )


class NotFound(Problem):
    """It is not there, or not the caller's: nobody learns which."""

    def __init__(self, what: str) -> None:
        super().__init__(404, f"You have no {what}.")


class Conflict(Problem):
    """The request does not fit how things are now."""

    def __init__(self, detail: str, code: str = "") -> None:
        super().__init__(409, detail, code=code)


class Unprocessable(Problem):
    """A value that can be read and cannot be taken."""

    def __init__(self, detail: str, *faults: Fault, code: str = "") -> None:
        super().__init__(422, detail, faults, code=code)
