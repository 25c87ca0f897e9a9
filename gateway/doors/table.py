"""The routes under one prefix: a path without parameters is found at once, however many routes there are."""

from collections.abc import Sequence

from starlette._utils import get_route_path
from starlette.convertors import PathConvertor
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send


class RouteTable(BaseRoute):
    """Routes that are tried together: first the one whose whole path this is, last those that take any path."""

    def __init__(self, prefix: str, routes: Sequence[Route]) -> None:
        self.prefix = prefix
        self.routes = routes
        self.fixed = {route.path: route for route in routes if not route.param_convertors}
        self.wide = [route for route in routes if any_path(route)]
        # Any other parameter takes one segment, so that only paths of as many segments can be the route's.
        self.others: dict[int, list[Route]] = {}
        for route in routes:
            if route.param_convertors and not any_path(route):
                self.others.setdefault(route.path.count("/"), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The route of a path; the scope names it and not the table, since the log tells of it."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path = get_route_path(scope)
        if not path.startswith(self.prefix):
            return Match.NONE, {}
        found = self.fixed.get(path)
        for route in [found] if found else [*self.others.get(path.count("/"), ()), *self.wide]:
            match, child = route.matches(scope)
            if match is Match.FULL:
                return match, {**child, "route": route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route that was found answer."""
        await scope["route"].handle(scope, receive, send)


def any_path(route: Route) -> bool:
    """Whether a parameter of the route takes as many segments as there are."""
    return any(isinstance(convertor, PathConvertor) for convertor in route.param_convertors.values())
