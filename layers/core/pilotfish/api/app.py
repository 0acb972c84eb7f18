"""The API as a whole: its routes, its errors, and what holds for every request."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from pilotfish.api.problems import Fault, Problem
from pilotfish.api.shapes import field_path

Event = dict[str, Any]
Answer = dict[str, Any]
Middleware = Callable[..., Response[Any]]


class Group(Protocol):
    """Routes that belong together."""

    def routes(self) -> APIGatewayHttpRouter: ...


def api(groups: Sequence[Group], middlewares: Sequence[Middleware] = ()) -> APIGatewayHttpResolver:
    """All routes under one resolver; every error leaves as a problem, none with a secret in it."""
    resolver = APIGatewayHttpResolver(enable_validation=True)
    for group in groups:
        resolver.include_router(group.routes())
    resolver.use(list(middlewares))
    resolver.exception_handler(Problem)(Problem.response)
    resolver.exception_handler(RequestValidationError)(_invalid)
    resolver.exception_handler(ServiceError)(_of_service)
    resolver.not_found(_no_route)
    resolver.exception_handler(Exception)(_unexpected)
    return resolver


def _invalid(error: RequestValidationError) -> Response[str]:
    """Which fields are wrong and why, without their values: one of them may be a key."""
    faults = [Fault(field_path(each["loc"]), str(each["msg"])) for each in error.errors()]
    named = ", ".join(fault.field for fault in faults[:5])
    return Problem(422, f"Not as it should be: {named}.", faults).response()


def _of_service(error: ServiceError) -> Response[str]:
    return Problem(int(error.status_code), str(error.msg)).response()


def _no_route(_: NotFoundError) -> Response[str]:
    return Problem(404, "There is no such route; /openapi.json says which there are.").response()


def _unexpected(error: Exception) -> Response[str]:
    """The log has its kind and place; its text may hold what was sent, and stays out."""
    frames, at = [], error.__traceback__
    while at is not None:
        frames.append(f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}")
        at = at.tb_next
    Logger().error("failed", kind=type(error).__name__, at=frames[-8:])
    return Problem(500, "This went wrong on our side. It is logged; try again.").response()
