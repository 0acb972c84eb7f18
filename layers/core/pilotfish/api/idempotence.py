"""A write that is sent again under the same `Idempotency-Key` is answered, and not done again."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    BasePersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)

from pilotfish.api.problems import Problem

HEADER = "idempotency-key"
KEPT_S = 24 * 3600
LONGEST = 200
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Answers that let somebody in; they are not kept.
SECRET = frozenset({"/tickets"})

Event = dict[str, Any]
Answer = dict[str, Any]
Resolve = Callable[[Event, Any], Answer]


class _NotDone(Exception):
    """An answer that is no result: the next try is a new one."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Idempotent:
    """Kept for a day by caller, route and key; the body may not change, the answer does not."""

    def __init__(self, resolve: Resolve, store: BasePersistenceLayer) -> None:
        self._resolve = resolve
        self._config = IdempotencyConfig(
            event_key_jmespath="asked",
            payload_validation_jmespath="body",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=KEPT_S,
            hash_function="sha256",
        )
        self._once = idempotent_function(
            self._settled,
            data_keyword_argument="named",
            persistence_store=store,
            config=self._config,
            key_prefix="api",
        )

    def __call__(self, event: Event, context: Any) -> Answer:
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        key, http = headers.get(HEADER), event["requestContext"]["http"]
        if key is None or http["method"] in SAFE or event.get("rawPath") in SECRET:
            return self._resolve(event, context)
        if not 0 < len(key) <= LONGEST:
            text = f"Idempotency-Key is 1 to {LONGEST} characters long."
            return _told(Problem(400, text))
        asked = [_user(event), http["method"], event.get("rawPath", ""), key]
        self._config.register_lambda_context(context)
        try:
            answer: Answer = self._once(
                event=event,
                context=context,
                named={"asked": asked, "body": event.get("body") or ""},
            )
        except _NotDone as not_done:
            return not_done.answer
        except IdempotencyAlreadyInProgressError:
            headers = {"Retry-After": "1"}
            return _told(Problem(409, "The same request is under way.", headers=headers))
        except IdempotencyValidationError:
            return _told(Problem(422, "This Idempotency-Key was used for something else."))
        return answer

    def _settled(self, *, event: Event, context: Any, named: Any) -> Answer:
        answer = self._resolve(event, context)
        if answer["statusCode"] >= 500 or answer["statusCode"] == 429:
            raise _NotDone(answer)
        return answer


def _user(event: Event) -> str:
    claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    return str(claims.get("sub", ""))


def _told(problem: Problem) -> Answer:
    response = problem.response()
    return {
        "statusCode": response.status_code,
        "headers": {"Content-Type": response.content_type, **problem.headers},
        "body": response.body,
    }
