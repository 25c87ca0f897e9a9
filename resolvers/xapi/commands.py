"""Commands on xAPI endpoints: register, change and remove one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from db.connections.database import Transaction
from db.xapi import endpoints as rows
from db.xapi import forwarding
from db.xapi.tables import xapi_endpoints
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import abilities_of, address_mistakes, allowed, manageable, outside_of, own_organization
from resolvers.outside import Outside
from resolvers.policy import Operation
from resolvers.text import text
from resolvers.xapi.credentials import Credentials
from resolvers.xapi.verbs import verb_mistakes

MANAGE = Operation.MANAGE_XAPI
VERSION, VERSIONS = "1.0.3", ("1.0.3", "2.0.0")
BY_HAND = "switched_off"
MOST_ENDPOINTS, LONGEST_NAME = 100, 255
STATEMENTS = "/statements"

NO_HOME = Mistake(
    ("url",), "HOME_MISSING", "This server has no public address yet: its operator sets KAKEHASHI_PUBLIC_URL."
)
TOO_MANY = Mistake(("url",), "ENDPOINTS_TOO_MANY", f"You have {MOST_ENDPOINTS} xAPI endpoints, which is all.")
ANEW = Mistake(
    ("url",), "CREDENTIALS_NEEDED", "At another server the credentials are others: give them together with the address."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an endpoint is to be; None leaves a member as it is, and where one is registered, as it is by default."""

    name: str | None = None
    url: str | None = None
    version: str | None = None
    verbs: Sequence[str] | None = None
    is_active: bool | None = None
    credentials: Credentials = field(default_factory=Credentials)

    @property
    def address(self) -> str | None:
        """The address of the LRS, below which its resources are; that of its statements says the same."""
        return None if self.url is None else text(self.url).rstrip("/").removesuffix(STATEMENTS).rstrip("/")

    def values(self, outside: Outside) -> dict[str, object]:
        """The columns that these set."""
        verbs = None if self.verbs is None else [text(one) for one in dict.fromkeys(self.verbs)]
        name = None if self.name is None else text(self.name)
        given = {"name": name, "url": self.address, "version": self.version, "verbs": verbs}
        found: dict[str, object] = {key: value for key, value in given.items() if value is not None}
        if self.credentials.given:
            found |= self.credentials.values(outside.sealer)
        if self.is_active is not None:
            found |= {"is_active": self.is_active, "disabled_reason": None if self.is_active else BY_HAND}
        return found

    async def mistakes(self, outside: Outside) -> list[Mistake]:
        """What is wrong with them."""
        found = []
        if self.name is not None and not 0 < len(text(self.name)) <= LONGEST_NAME:
            found.append(Mistake(("name",), "NAME_LENGTH", f"The name must have from 1 to {LONGEST_NAME} characters."))
        if self.address is not None:
            found += [*form_mistakes(self.address)] or await address_mistakes(outside, f"{self.address}{STATEMENTS}")
        if self.version is not None and self.version not in VERSIONS:
            found.append(Mistake(("version",), "VERSION_UNKNOWN", f"The versions are {' and '.join(VERSIONS)}."))
        return [*found, *verb_mistakes(self.verbs or ()), *self.credentials.mistakes()]


async def register_endpoint(request: Request, wanted: Wanted) -> int | list[Mistake]:
    """Register an endpoint of one's own organization; gives its number, or the mistakes, and then there is none."""
    viewer, outside = allowed(request, MANAGE, "Mutation.registerXapiEndpoint"), outside_of(request)
    if outside.home is None:
        return [NO_HOME]
    if mistakes := await wanted.mistakes(outside):
        return mistakes
    values = {
        "organization_id": own_organization(viewer, MANAGE),
        "owner_id": viewer.user_id,
        "abilities": abilities_of(viewer),
        "name": urlsplit(wanted.address or "").hostname,
        "version": VERSION,
        "verbs": [],
        "home": outside.home,
        **wanted.credentials.values(outside.sealer),
        **wanted.values(outside),
    }
    async with request.writing() as transaction:
        if await rows.count(transaction, viewer.user_id) >= MOST_ENDPOINTS:
            return [TOO_MANY]
        return await rows.add(transaction, values, request.now)


async def update_endpoint(request: Request, id_: int, wanted: Wanted) -> int | list[Mistake] | None:
    """Change an endpoint within reach; None where there is none. Gives the mistakes, and then nothing was changed.

    What waits for one that is switched off is given up. Whoever changes where statements go, or which, is its owner
    from then on: nobody is told more than this person may hear of.
    """
    viewer, outside = allowed(request, MANAGE, "Mutation.updateXapiEndpoint"), outside_of(request)
    if mistakes := await wanted.mistakes(outside):
        return mistakes
    values = wanted.values(outside)
    if {"url", "verbs", "credentials"} & values.keys():
        values |= {"owner_id": viewer.user_id, "abilities": abilities_of(viewer)}
    async with request.writing() as transaction:
        found = await within_reach(request, transaction, id_)
        if found is None:
            return None
        if leads_elsewhere(found, wanted):
            return [ANEW]
        await rows.change(transaction, id_, values | news(found, values), request.now)
        if wanted.is_active is False:
            await forwarding.skip(transaction, id_)
    return id_


async def delete_endpoint(request: Request, id_: int) -> bool:
    """Remove an endpoint within reach, with what waits for it; whether there was one."""
    allowed(request, MANAGE, "Mutation.deleteXapiEndpoint")
    async with request.writing() as transaction:
        found = await within_reach(request, transaction, id_)
        if found is not None:
            await rows.remove(transaction, id_)
    return found is not None


async def within_reach(request: Request, transaction: Transaction, id_: int) -> Mapping[str, object] | None:
    """An endpoint that the viewer may manage, locked; None where there is none."""
    viewer = allowed(request, MANAGE, "XapiEndpoint")
    return await rows.locked(transaction, id_, manageable(viewer, MANAGE, xapi_endpoints.c))


def leads_elsewhere(found: Mapping[str, object], wanted: Wanted) -> bool:
    """Whether sealed credentials would go to another server than the one that they were given for."""
    if wanted.address is None or not found["has_credentials"] or wanted.credentials.given:
        return False
    return urlsplit(wanted.address)[:2] != urlsplit(str(found["url"]))[:2]


def news(found: Mapping[str, object], values: Mapping[str, object]) -> dict[str, object]:
    """What follows from a change: it is tried at once, and what came of another setting counts no more."""
    setting = ("url", "version", "auth_type", "credentials")
    changed = any(name in values and values[name] != found[name] for name in setting)
    if not (changed or values.get("is_active")):
        return {}
    reset = {"failing": False, "failing_since": None, "attempt_count": 0, "next_attempt_at": None}
    return {**reset, "response_code": None, "error": None, **({"proven": False} if changed else {})}


def form_mistakes(address: str) -> list[Mistake]:
    """Resources are added to the path, so nothing may stand behind it."""
    if "?" in address or "#" in address:
        return [Mistake(("url",), "URL_FORM", "Give the address of the LRS without ? and #, as far as /statements.")]
    return []
