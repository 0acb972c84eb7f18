"""How routes are collected, how they answer, and how they fail."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from pilotfish.api.problems import Problem
from pilotfish.api.shapes import Told

Shape = TypeVar("Shape", bound=Told)
Asked = ParamSpec("Asked")
Answered = TypeVar("Answered")


def new_router() -> APIGatewayHttpRouter:
    """An empty one."""
    return APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def told(
    body: Shape, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[Shape]:
    """An answer with headers or a status of its own; else a route returns the body alone."""
    return Response(status, "application/json", body, headers=dict(headers or {}))


def translated(
    problems: Mapping[type[Exception], Callable[[Any], Problem]],
) -> Callable[[Callable[Asked, Answered]], Callable[Asked, Answered]]:
    """A decorator for routes: errors of their use cases leave as problems."""
    kinds = tuple(problems)

    def decorate(route: Callable[Asked, Answered]) -> Callable[Asked, Answered]:
        @wraps(route)
        def answer(*args: Asked.args, **kwargs: Asked.kwargs) -> Answered:
            try:
                return route(*args, **kwargs)
            except kinds as error:
                kind = next(kind for kind in type(error).__mro__ if kind in problems)
                raise problems[kind](error) from error

        return answer

    return decorate
