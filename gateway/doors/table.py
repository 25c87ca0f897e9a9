"""The routes under one prefix: a path without parameters is found at once, however many routes there are."""

from collections.abc import Sequence

from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send


class RouteTable(BaseRoute):
    """Routes that are tried together, in their order, but for those whose whole path is known beforehand."""

    def __init__(self, prefix: str, routes: Sequence[Route]) -> None:
        self.prefix = prefix
        self.routes = routes
        self.fixed = {route.path: route for route in routes if not route.param_convertors}
        self.others = [route for route in routes if route.param_convertors]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The route of a path; the scope names it and not the table, since the log tells of it."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path = get_route_path(scope)
        if not path.startswith(self.prefix):
            return Match.NONE, {}
        found = self.fixed.get(path)
        for route in [found] if found else self.others:
            match, child = route.matches(scope)
            if match is Match.FULL:
                return match, {**child, "route": route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route that was found answer."""
        await scope["route"].handle(scope, receive, send)
