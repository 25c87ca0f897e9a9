"""Commands on upstreams: register, change, remove one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from db import upstreams as rows
from db.connections.database import Transaction
from db.predicates import Condition
from db.upstreams import upstream_feeds
from resolvers import integrations
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import allowed, outside_of
from resolvers.outside import Outside
from resolvers.policy import Operation

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
# What stands in a header: a token of visible letters, as RFC 6750 has them.
CREDENTIAL = re.compile(r"[A-Za-z0-9\-._~+/|]{1,4096}=*")
MOST_UPSTREAMS = 100

TAKEN = Mistake(("name",), "NAME_TAKEN", "There is an upstream of this name.")
TOO_MANY = Mistake(("name",), "UPSTREAMS_TOO_MANY", f"There are {MOST_UPSTREAMS} upstreams, which is all.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an upstream is to be; None leaves a member as it is, and an empty credential takes it away."""

    url: str | None = None
    credential: str | None = None
    is_active: bool | None = None

    def values(self, outside: Outside) -> dict[str, object]:
        """The columns that these set."""
        given = {"url": self.url, "is_active": self.is_active}
        found: dict[str, object] = {name: value for name, value in given.items() if value is not None}
        if self.credential is not None:
            found["sealed_credential"] = outside.sealer.seal(self.credential) if self.credential else None
        return found


async def create_upstream(request: Request, name: str, wanted: Wanted) -> int | list[Mistake]:
    """Register an upstream, to be collected from its beginning. Gives the mistakes, and then there is none."""
    allowed(request, Operation.MANAGE_UPSTREAMS, "Mutation.createUpstream")
    outside = outside_of(request)
    if mistakes := [*name_mistakes(name), *await mistakes_in(outside, wanted)]:
        return mistakes
    async with request.writing() as transaction:
        values = {"name": name, **wanted.values(outside)}
        return await registered(transaction, values, request.now)


async def registered(transaction: Transaction, values: Mapping[str, object], now: datetime) -> int | list[Mistake]:
    """Keep it, where there is room and the name is free."""
    if await rows.count(transaction) >= MOST_UPSTREAMS:
        return [TOO_MANY]
    added = await rows.add(transaction, values, now)
    return [TAKEN] if added is None else added


async def update_upstream(request: Request, id_: int, wanted: Wanted) -> int | list[Mistake] | None:
    """Change an upstream, None where there is none; it is asked anew at once.

    Gives the mistakes, and then nothing was changed.
    """
    allowed(request, Operation.MANAGE_UPSTREAMS, "Mutation.updateUpstream")
    outside = outside_of(request)
    if mistakes := await mistakes_in(outside, wanted):
        return mistakes
    async with request.writing() as transaction:
        return await rows.change(transaction, numbered(id_), wanted.values(outside), request.now)


async def delete_upstream(request: Request, id_: int) -> bool:
    """Remove an upstream, and nothing of what it gave; whether there was one."""
    allowed(request, Operation.MANAGE_UPSTREAMS, "Mutation.deleteUpstream")
    async with request.writing() as transaction:
        return await rows.remove(transaction, numbered(id_))


def numbered(id_: int) -> Condition:
    """The upstream with this number."""
    return upstream_feeds.c.id == id_


def named(name: str) -> Condition:
    """The upstream of this name."""
    return upstream_feeds.c.name == name


def name_mistakes(name: str) -> list[Mistake]:
    """A name has small letters, digits, dots and dashes."""
    if NAME.fullmatch(name):
        return []
    message = "The name must have from 1 to 64 small letters, digits, dots and dashes, and begin with one of the first."
    return [Mistake(("name",), "NAME_FORM", message)]


async def mistakes_in(outside: Outside, wanted: Wanted) -> list[Mistake]:
    """What is wrong with what an upstream is to be."""
    found = [] if wanted.url is None else await address_mistakes(outside, wanted.url)
    if wanted.credential and not CREDENTIAL.fullmatch(wanted.credential):
        message = "The credential must be a bearer token: letters, digits and -._~+/|= alone, 4096 at most."
        found.append(Mistake(("credential",), "CREDENTIAL_FORM", message))
    return found


async def address_mistakes(outside: Outside, url: str) -> list[Mistake]:
    """An address that requests may go to; it is looked at again before each of them."""
    if "#" in url or not url.isascii() or not url.isprintable():
        return [Mistake(("url",), "URL_REFUSED", "Use an address of ASCII letters, and without a #.")]
    return await integrations.address_mistakes(outside, url)
