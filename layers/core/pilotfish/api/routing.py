"""Where a group's routes are collected."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter


def new_router() -> APIGatewayHttpRouter:
    """An empty one."""
    return APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
