"""Who asks: people, API tokens, nobody, and tokens that are wrong in every way that we know."""

import base64
import json
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gateway.auth.development import DevelopmentKey
from resolvers.accounts import Admission
from tests.accounts.calling import ADMINISTRATOR, COACH, CREATE, OWNER, STUDENT, SUNDAI_OWNER, Caller
from tests.conftest import Running
from tests.fuzz import oddities

UIDS = (OWNER, SUNDAI_OWNER, STUDENT, ADMINISTRATOR, COACH, "auth0|demo-u001", "auth0|demo-coach-parent")
SHUT_OUT = ("auth0|demo-locked", "auth0|demo-expired", "auth0|nobody")
LIFETIME_S = 7 * 24 * 3600
# An API token may ask for so much in a minute, so there are several of each kind.
OF_EACH = 4
NARROW = ["courses:read", "progress:read"]

Credential = tuple[str, tuple[tuple[bytes, bytes], ...]]
NOBODY: Credential = ("nobody", ())


@dataclass(frozen=True, slots=True)
class People:
    """The credentials of a running app, by the name under which reports show them."""

    signed: Mapping[str, str]
    opaque: Mapping[str, str]

    def credential(self, dice: random.Random) -> Credential:
        """Somebody, mostly one who may enter."""
        share = dice.random()
        if share < 0.72:
            return bearer(*dice.choice(list(self.signed.items())))
        if share < 0.87:
            return bearer(*dice.choice(list(self.opaque.items())))
        if share < 0.93:
            return NOBODY
        return self.wrong(dice)

    def wrong(self, dice: random.Random) -> Credential:
        """A token that nobody should be let in with."""
        good = dice.choice([*self.signed.values(), *self.opaque.values()])
        signed = dice.choice(list(self.signed.values()))
        makers: tuple[Callable[[], list[bytes]], ...] = (
            lambda: [b"Bearer " + changed(dice, good.encode())],
            lambda: [b"Bearer " + signed.encode() + dice.choice((b"==", b"=", b".", b"\n", b" x", b"AAAA"))],
            lambda: [b"Bearer " + headed(dice, signed)],
            lambda: [b"Bearer " + claiming(dice, signed)],
            lambda: [dice.choice((b"Basic ", b"bearer  ", b"Bearer\t", b"", b"Token ", b"Bearer")) + good.encode()],
            lambda: [b"Bearer " + b"a" * dice.choice((8100, 8192, 9000, 40_000))],
            lambda: [b"Bearer " + oddities.octets(dice, 200)],
            lambda: [b"Bearer " + str(abs(oddities.integer(dice))).encode() + b"|" + oddities.octets(dice)],
            lambda: [b"Bearer " + good.encode(), b"Bearer " + good.encode()],
            lambda: [b"Bearer " + b".".join([b"a" * 100] * dice.choice((1, 2, 4, 3000)))],
        )
        values = dice.choice(makers)()
        return "a wrong token", tuple((b"Authorization", value) for value in values)


def bearer(name: str, token: str) -> Credential:
    """The header of a token."""
    return name, ((b"Authorization", f"Bearer {token}".encode()),)


def changed(dice: random.Random, token: bytes) -> bytes:
    """A token with some bytes changed."""
    out = bytearray(token)
    for _ in range(dice.choice((1, 1, 3))):
        out[dice.randrange(len(out))] = dice.choice((dice.randrange(33, 127), dice.randrange(256)))
    return bytes(out)


def headed(dice: random.Random, token: str) -> bytes:
    """A token under another header: another algorithm or key, or members that must not be looked at."""
    header, payload, signature = token.split(".")
    members = json.loads(base64.urlsafe_b64decode(header + "=="))
    members |= dice.choice(
        (
            {"alg": dice.choice(("none", "None", "HS256", "PS256", "ES256", "RS512", "", 1, None, ["RS256"]))},
            {"kid": dice.choice(("../../x", "", "a" * 200, 1, None, {"a": 1}, oddities.name(dice), "\0"))},
            {"crit": ["x"], "x": 1},
            {"jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/", "jwk": {}},
            {oddities.encodable(dice)[:80]: 1},
        )
    )
    return part(oddities.encoded(dice, members)) + f".{payload}.{dice.choice((signature, 'AA'))}".encode()


def claiming(dice: random.Random, token: str) -> bytes:
    """A token whose claims are others, so that its signature is none of theirs."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims[dice.choice(("exp", "iat", "iss", "aud", "sub", "nbf"))] = oddities.value(dice)
    return header.encode() + b"." + part(oddities.encoded(dice, claims))[:7000] + b"." + signature.encode()


def part(text: bytes) -> bytes:
    """A segment of a token."""
    return base64.urlsafe_b64encode(text).rstrip(b"=")


async def people_of(running: Running) -> People:
    """Tokens for some of the demo's people, those who are shut out among them."""
    signed = await signed_for(running)
    opaque: dict[str, str] = {}
    for uid in (OWNER, STUDENT, ADMINISTRATOR, COACH):
        caller = Caller(running.client, {"Authorization": f"Bearer {signed[uid]}"})
        for number in range(OF_EACH):
            given = {"name": "a hostile one", "abilities": ["*"] if number else NARROW}
            made = (await caller.data(CREATE, given))["createApiToken"]
            opaque[f"API token {number} of {uid}"] = made["plainTextToken"]
    return People(signed, opaque)


async def signed_for(running: Running) -> dict[str, str]:
    """Auth0's tokens, all signed at once, since reading the key takes longer than signing."""
    key, settings = DevelopmentKey.load_or_create(running.settings.data_dir), running.settings

    def token(uid: str, roles: Iterable[str], *, demo: bool = False) -> str:
        issued = {"issuer": settings.issuer, "audience": settings.auth0_audience}
        return key.token(uid, roles, demo=demo, lifetime_s=LIFETIME_S, now=time.time(), **issued)

    granted = await Admission(running.database).grants(list(UIDS))
    roles = {uid: {grant.role for grant in grants if grant.role} for uid, grants in zip(UIDS, granted, strict=True)}
    signed = {uid: token(uid, sorted(roles[uid])) for uid in UIDS}
    signed |= {uid: token(uid, ["student"]) for uid in SHUT_OUT}
    return {**signed, "the student on demo": token(STUDENT, ["student"], demo=True)}
