"""Where every request comes in: its access token is verified, and the database says who may enter now."""

import secrets
from datetime import UTC, datetime

from starlette.types import Scope

from db.connections.database import Database
from db.json_text import Moments
from gateway.auth.bearer import bearer_token
from gateway.auth.tokens import AccessTokens
from resolvers.accounts import Admission, Claimed
from resolvers.context import GRAPH_PAGE, Request, Viewer

REQUEST_ID = "kakehashi.request_id"


class Entrance:
    """Makes the Request of each call: the viewer behind its token, or nobody where there is no token."""

    def __init__(self, tokens: AccessTokens, admission: Admission, database: Database) -> None:
        self.tokens = tokens
        self.admission = admission
        self.database = database

    async def request(self, scope: Scope, *, page_limit: int = GRAPH_PAGE, moments: Moments = Moments.JST) -> Request:
        """The request behind an ASGI scope.

        Raises InvalidToken or KeysUnavailable for the token, Unauthenticated or Forbidden for the person.
        """
        now = datetime.now(UTC)
        token = bearer_token(scope["headers"], scope["query_string"])
        viewer = None if token is None else await self.viewer(token, now)
        return Request(viewer, self.database, now, page_limit, moments, request_id=request_id(scope))

    async def viewer(self, token: str, now: datetime) -> Viewer:
        """The person behind a token, as the database knows the person at this moment."""
        claims = await self.tokens.claims(token)
        return await self.admission.viewer(Claimed(claims.uid, claims.privileges, claims.demo), now)


def request_id(scope: Scope) -> str:
    """The id under which a request stands in the logs and in masked errors."""
    return str(scope.setdefault(REQUEST_ID, secrets.token_hex(8)))
