"""The services of platforms, such as gradebooks and rosters: asked with an access token, which is kept while it lasts.

Tokens are got by the client credentials grant with a signed assertion (1EdTech Security Framework 1.0, section 4.1).
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from time import monotonic
from urllib.parse import urlencode

from db.connections.database import Database
from resolvers.egress.client import Egress, Failed, Refused, Reply
from resolvers.lti.keys import signing_key
from resolvers.lti.signing import signed
from resolvers.sealing import Sealer, WrongSeal

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
ANSWER_S, TOKEN_BYTES = 15.0, 64 * 1024
# A token is not used in its last minute; of one that does not say how long it lasts this is taken.
SPARE_S, UNTOLD_S = 60.0, 300.0
MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to a platform, and where it gives access tokens."""

    platform_id: int
    client_id: str
    token_url: str
    token_audience: str | None


@dataclass(frozen=True, slots=True)
class Asking:
    """A request to a service."""

    method: str
    url: str
    accept: str
    content_type: str = "application/json"
    body: bytes = b""
    most_bytes: int = TOKEN_BYTES


class ServiceFailed(Exception):
    """A service gave nothing that we can use; `reply` is what it answered, None where nothing was.

    The text says what went wrong, in words for whoever runs the platform. `at_token` tells whether it was the token
    that we did not get.
    """

    def __init__(self, message: str, reply: Reply | None = None, *, at_token: bool = False) -> None:
        super().__init__(message)
        self.reply = reply
        self.at_token = at_token


class Services:
    """Asks the services of platforms. Belongs to one event loop; `clock` gives seconds that only grow."""

    def __init__(
        self, database: Database, egress: Egress, sealer: Sealer, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self.database = database
        self.egress = egress
        self.sealer = sealer
        self.clock = clock
        self.tokens: dict[tuple[Client, str], tuple[str, float]] = {}
        self.locks: dict[tuple[Client, str], asyncio.Lock] = {}

    async def ask(self, client: Client, scopes: Sequence[str], asking: Asking) -> Reply:
        """What a service answers, whatever its status but 401; ServiceFailed where there is no answer.

        A token that is refused is thrown away, and a new one tried once.
        """
        kept = (client, " ".join(sorted(scopes)))
        reply = await self.asked(await self.token(*kept), asking)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            self.tokens.pop(kept, None)
            reply = await self.asked(await self.token(*kept), asking)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            self.tokens.pop(kept, None)
            raise ServiceFailed(f"The service does not take the platform's own token. {words(reply)}".strip(), reply)
        return reply

    async def asked(self, token: str, asking: Asking) -> Reply:
        """What a service answers to a token."""
        headers = {"Authorization": f"Bearer {token}", "Accept": asking.accept}
        if asking.body:
            headers["Content-Type"] = asking.content_type
        return await self.sent(asking.method, asking.url, headers, asking.body, asking.most_bytes)

    async def token(self, client: Client, scope: str) -> str:
        """An access token with these scopes; those who ask for the same one at the same time share it."""
        kept = (client, scope)
        async with self.locks.setdefault(kept, asyncio.Lock()):
            known = self.tokens.get(kept)
            if known is None or known[1] <= self.clock():
                known = self.tokens[kept] = await self.granted(client, scope)
            return known[0]

    async def granted(self, client: Client, scope: str) -> tuple[str, float]:
        """A new token, and until when it is used."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": await self.assertion(client),
            "scope": scope,
        }
        headers = {"Content-Type": FORM, "Accept": "application/json"}
        asked_at = self.clock()
        try:
            reply = await self.sent("POST", client.token_url, headers, urlencode(form).encode(), TOKEN_BYTES)
        except ServiceFailed as problem:
            raise ServiceFailed(f"No access token: {problem}", at_token=True) from None
        token, lasts_s = granted_in(reply)
        return token, asked_at + max(lasts_s - SPARE_S, 0.0)

    async def assertion(self, client: Client) -> str:
        """Who we are, signed."""
        try:
            key = await signing_key(self.database, self.sealer)
        except WrongSeal as problem:
            raise ServiceFailed(f"No access token: {problem}", at_token=True) from None
        audience = client.token_audience or client.token_url
        return signed({"iss": client.client_id, "sub": client.client_id, "aud": audience}, key, datetime.now(UTC))

    async def sent(self, method: str, url: str, headers: Mapping[str, str], body: bytes, most_bytes: int) -> Reply:
        """One request and its answer; ServiceFailed where there is none."""
        try:
            return await self.egress.send(
                method, url, headers=headers, body=body, seconds=ANSWER_S, most_bytes=most_bytes
            )
        except (Refused, Failed) as problem:
            raise ServiceFailed(str(problem)) from problem


def granted_in(reply: Reply) -> tuple[str, float]:
    """The token in an answer and how many seconds it lasts; ServiceFailed for anything else."""
    found = object_in(reply)
    token, lasts = found.get("access_token"), found.get("expires_in")
    # Open edX answers 200, others 201.
    if not HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES or not isinstance(token, str) or not token:
        message = f"No access token: the platform answered {reply.status}. {words(reply)}"
        raise ServiceFailed(message.strip(), reply, at_token=True)
    if isinstance(lasts, int | float) and not isinstance(lasts, bool) and lasts > 0:
        return token, float(lasts)
    return token, UNTOLD_S


def object_in(reply: Reply) -> dict[str, object]:
    """The JSON object in an answer; an empty one where there is none."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def words(reply: Reply) -> str:
    """The beginning of what was answered, as text that both databases can keep."""
    return reply.body[:MOST_KEPT].decode("utf-8", "replace").replace("\x00", "�").strip()
