"""Who stands behind a stream: let in at its beginning, before each message, and every half minute."""

import asyncio
import math
from datetime import UTC, datetime

from starlette.types import Scope

from db.json_text import Moments
from gateway.auth.refusals import InvalidToken, KeysUnavailable
from gateway.entrance import Entrance
from gateway.subscriptions.limits import Limits
from resolvers.api_tokens import Presented
from resolvers.context import GRAPH_PAGE, Live, Request, Viewer
from resolvers.errors import Unauthenticated
from resolvers.feed import EVERY_S, Feed, patiently
from resolvers.openings import Openings


class Session:
    """One client with one token, or without one; each of its requests is let in anew."""

    def __init__(
        self, entrance: Entrance, scope: Scope, token: str | Presented | None, feed: Feed, openings: Openings
    ) -> None:
        self.entrance = entrance
        self.scope = scope
        self.token = token
        self.live = Live(feed, openings, self.admit)

    async def request(self) -> Request:
        """A request of this client, as of now; Unauthenticated or Forbidden for who may not come in.

        Raises KeysUnavailable or DatabaseUnavailable where nobody can be judged.
        """
        now = datetime.now(UTC)
        viewer = None if self.token is None else await self.viewer(self.token, now)
        request = self.entrance.made(self.scope, viewer, now, GRAPH_PAGE, Moments.JST)
        request.live = self.live
        return request

    async def admit(self) -> Viewer | None:
        """The viewer as of now; waits while nobody can be judged, because the database or the keys are away."""
        token = self.token
        if token is None:
            return None
        while True:
            try:
                return await patiently(lambda: self.viewer(token, datetime.now(UTC)))
            except KeysUnavailable:
                await asyncio.sleep(EVERY_S)

    async def viewer(self, token: str | Presented, now: datetime) -> Viewer:
        """The viewer behind the token; a token that is at fault is refused like a person who may not come in."""
        try:
            return await self.entrance.viewer(token, now)
        except InvalidToken as problem:
            raise Unauthenticated(problem.message, reason=problem.code) from None

    async def watch(self, limits: Limits) -> None:
        """Look again and again whether this client may stay; raises Ended when it may not, and never returns."""
        request = self.entrance.made(self.scope, None, datetime.now(UTC), GRAPH_PAGE, Moments.JST)
        while True:
            await asyncio.sleep(max(0.0, min(limits.recheck_s, await self.ends_in())))
            await request.renew(self.live)

    async def ends_in(self) -> float:
        """In how many seconds the token itself says that it ends; never where it does not say."""
        if self.token is None:
            return math.inf
        try:
            ends_in = await self.entrance.ends_in(self.token)
        except (InvalidToken, KeysUnavailable):
            # Whether the client may stay is not for this to say.
            return math.inf
        return math.inf if ends_in is None else ends_in
