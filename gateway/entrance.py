"""Where every request comes in: its access token is verified, and the database says who may enter now."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.types import Scope

from db.connections.database import Database
from db.json_text import Moments
from gateway.auth.bearer import bearer_token
from gateway.auth.token_use import TokenUse
from gateway.auth.tokens import AccessTokens
from resolvers.accounts import Admission, Claimed
from resolvers.api_tokens import Presented
from resolvers.context import DOWNLOADS_PATH, GRAPH_PAGE, Request, Viewer
from resolvers.outside import Outside
from resolvers.service_provider import ServiceProvider
from resolvers.sign_in import SignInDesk
from resolvers.tool import Addresses
from resolvers.witness import Witness

REQUEST_ID = "kakehashi.request_id"
# Begun from the system's own randomness, and no call of the system for each request.
DICE = random.Random()  # noqa: S311  # ids of requests are no secrets


def nowhere(_scope: Scope) -> None:
    """Where nobody comes in from elsewhere, there are no addresses for others."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where what a request may tell of is found: the files of exports, and the addresses for others who ask like this.

    Others are LMS, which have a tool of LTI here, and identity providers. What a request reads of students is told to
    the `witness`.
    """

    downloads: str = DOWNLOADS_PATH
    tool: Callable[[Scope], Addresses | None] = nowhere
    provider: Callable[[Scope], ServiceProvider | None] = nowhere
    witness: Witness | None = None


HERE = Places()


class Entrance:
    """Makes the Request of each call: the viewer behind its token, or nobody where there is no token."""

    def __init__(
        self,
        tokens: AccessTokens,
        admission: Admission,
        database: Database,
        desk: SignInDesk,
        uses: TokenUse,
        outside: Outside,
        *,
        documents_only: bool = False,
        places: Places = HERE,
    ) -> None:
        self.tokens = tokens
        self.admission = admission
        self.database = database
        self.desk = desk
        self.uses = uses
        self.outside = outside
        self.documents_only = documents_only
        self.places = places

    async def request(self, scope: Scope, *, page_limit: int = GRAPH_PAGE, moments: Moments = Moments.JST) -> Request:
        """The request behind an ASGI scope.

        Raises InvalidToken or KeysUnavailable for the token, Unauthenticated or Forbidden for the person.
        """
        started, now = time.perf_counter(), datetime.now(UTC)
        token = bearer_token(scope["headers"], scope["query_string"])
        viewer = None if token is None else await self.viewer(token, now)
        made = self.made(scope, viewer, now, page_limit, moments)
        made.auth_s = time.perf_counter() - started
        return made

    def anonymous(self, scope: Scope, *, page_limit: int = GRAPH_PAGE, moments: Moments = Moments.JST) -> Request:
        """The request of nobody: whatever token may come with it is not looked at."""
        return self.made(scope, None, datetime.now(UTC), page_limit, moments)

    def made(self, scope: Scope, viewer: Viewer | None, now: datetime, page_limit: int, moments: Moments) -> Request:
        """A request with everything that it carries."""
        return Request(
            viewer,
            self.database,
            now,
            page_limit,
            moments,
            request_id=request_id(scope),
            address=(scope.get("client") or ("", 0))[0],
            desk=self.desk,
            outside=self.outside,
            documents_only=self.documents_only,
            downloads=self.places.downloads,
            tool=self.places.tool(scope),
            provider=self.places.provider(scope),
            witness=self.places.witness,
        )

    async def viewer(self, token: str | Presented, now: datetime) -> Viewer:
        """The person behind a token, as the database knows the person at this moment."""
        if isinstance(token, Presented):
            viewer = await self.admission.viewer_with(token, now)
            self.uses.note(token.id, now)
            return viewer
        claims = await self.tokens.claims(token)
        return await self.admission.viewer(Claimed(claims.uid, claims.privileges, claims.demo), now)

    async def ends_in(self, token: str | Presented) -> float | None:
        """In how many seconds a signed token ends; None where it does not say so itself.

        Raises InvalidToken or KeysUnavailable.
        """
        return None if isinstance(token, Presented) else await self.tokens.ends_in(token)


def request_id(scope: Scope) -> str:
    """The id under which a request stands in the logs and in masked errors; nothing is to be kept secret by it."""
    return str(scope.setdefault(REQUEST_ID, f"{DICE.getrandbits(64):016x}"))
