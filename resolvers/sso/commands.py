"""Commands on configurations: save one, look whether it works, switch it on and off, remove it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.x509 import load_pem_x509_certificate

from db.connections.database import Transaction
from db.sso import configurations as rows
from resolvers.context import Request, Viewer
from resolvers.errors import Mistake
from resolvers.integrations import allowed, outside_of
from resolvers.outside import Outside
from resolvers.policy import Operation
from resolvers.sso.discovery import discovered, fetched
from resolvers.sso.metadata import Unfit, identity_provider, pems, shown
from resolvers.sso.wanted import Wanted, is_address, wrong

MANAGE = Operation.MANAGE_SSO
OIDC = "oidc"
NEW: Mapping[str, object] = {
    "enabled": False,
    "domains": [],
    "role_mapping": [],
    "role_attribute": None,
    "default_role": None,
    "return_url": None,
    "creates_accounts": True,
    "enforced": False,
    "token_auth": "client_secret_basic",
}
# What is of one identity provider, and means nothing at another protocol's.
CONNECTION: Mapping[str, object] = {
    **dict.fromkeys(("issuer", "sign_on_url", "token_url", "jwks_url", "client_id", "client_secret", "metadata_url")),
    "email_attribute": None,
    "has_client_secret": False,
    "certificates": [],
    "certificate_pems": [],
    "checked_at": None,
}
# What has to be looked at anew where it is changed.
CHECKED = ("protocol", "issuer", "client_id", "client_secret", "token_auth", "metadata_url", "certificate_pems")


KEPT_APART = ("id", "organization_id", "created_at", "updated_at")
ANEW = wrong("client_secret", "SECRET_NEEDED", "At another provider the secret is another: give it with the issuer.")


@dataclass(frozen=True, slots=True)
class Checked:
    """What looking at an identity provider found: columns, or mistakes."""

    values: Mapping[str, object]
    mistakes: list[Mistake]


async def save(
    request: Request, organization_id: int, wanted: Wanted, *, enabled: bool | None = None
) -> int | list[Mistake] | None:
    """Save the configuration of an organization within reach; gives its number, None where there is none within reach.

    Gives mistakes instead, and then nothing was changed. What is or becomes enabled is looked at first, by asking the
    identity provider; what cannot work cannot be enabled.
    """
    viewer, outside = reaching(request, "Mutation.saveSso"), outside_of(request)
    if not reaches(viewer, organization_id):
        return None
    if mistakes := wanted.mistakes():
        return mistakes
    read = await told_metadata(wanted, outside, request.now)
    if read.mistakes:
        return read.mistakes
    before = await current(request, organization_id)
    if before is None:
        return None
    after = merged(before, {**wanted.values(outside.sealer), **read.values})
    if leads_elsewhere(before, after):
        return [ANEW]
    after["enabled"] = after["enabled"] if enabled is None else enabled
    return await settle(request, organization_id, before, after, must=bool(after["enabled"]))


async def check(request: Request, organization_id: int) -> int | list[Mistake] | None:
    """Look whether people could sign in; gives mistakes where not, and keeps what the identity provider says now."""
    return await look(request, organization_id, "Mutation.checkSso", enabled=None)


async def enable(request: Request, organization_id: int) -> int | list[Mistake] | None:
    """Look whether people could sign in, and let them; gives mistakes where they could not."""
    return await look(request, organization_id, "Mutation.enableSso", enabled=True)


async def look(
    request: Request, organization_id: int, path: str, *, enabled: bool | None
) -> int | list[Mistake] | None:
    """Look at a configuration that is there, whatever it was found to be before."""
    viewer = reaching(request, path)
    before = await current(request, organization_id) if reaches(viewer, organization_id) else None
    if before is None or number_of(before) is None:
        return None
    after = {**before, "checked_at": None}
    after["enabled"] = before["enabled"] if enabled is None else enabled
    return await settle(request, organization_id, before, after, must=True)


async def disable(request: Request, organization_id: int) -> int | None:
    """Let nobody in any more by single sign-on; sessions go on until they end. None where there is none."""
    viewer = reaching(request, "Mutation.disableSso")
    if not reaches(viewer, organization_id):
        return None
    async with request.writing() as transaction:
        found = await held(transaction, organization_id)
        number = None if found is None else number_of(found)
        if number is None:
            return None
        return await rows.keep(transaction, organization_id, number, {"enabled": False}, request.now)


async def remove(request: Request, organization_id: int) -> bool:
    """Remove a configuration within reach, and what it knows of people, who stay; whether there was one."""
    viewer = reaching(request, "Mutation.deleteSso")
    if not reaches(viewer, organization_id):
        return False
    async with request.writing() as transaction:
        return await rows.remove(transaction, organization_id)


async def settle(
    request: Request, organization_id: int, before: Mapping[str, object], after: dict[str, object], *, must: bool
) -> int | list[Mistake]:
    """Look at what is to be, where it `must` work and is not known to, and keep it; or give the mistakes."""
    if must and (mistakes := lacking(after)):
        return mistakes
    if must and after["checked_at"] is None:
        found = await looked_at(after, outside_of(request), request.now)
        if found.mistakes:
            return found.mistakes
        after |= {**found.values, "checked_at": request.now}
    domains = texts(after["domains"])
    async with request.writing() as transaction:
        now = await held(transaction, organization_id)
        if now is None or now.get("updated_at") != before.get("updated_at"):
            return [wrong("protocol", "CHANGED_MEANWHILE", "Somebody else has changed this meanwhile. Look again.")]
        number = number_of(before)
        if others := await rows.taken(transaction, domains, organization_id):
            return [wrong("domains", "DOMAIN_TAKEN", f"Another organization has {', '.join(others)}.")]
        kept = {name: value for name, value in after.items() if name not in KEPT_APART}
        number = await rows.keep(transaction, organization_id, number, kept, request.now)
        await rows.keep_domains(transaction, number, organization_id, domains, request.now)
    return number


async def told_metadata(wanted: Wanted, outside: Outside, now: datetime) -> Checked:
    """What follows from metadata that are told now, as a text or by an address."""
    if wanted.protocol == OIDC or not (wanted.metadata_xml or wanted.metadata_url):
        return Checked({}, [])
    return await from_metadata(wanted.metadata_xml, wanted.metadata_url, outside, now)


async def from_metadata(xml: str | None, url: str | None, outside: Outside, now: datetime) -> Checked:
    """The columns that follow from metadata."""
    name = "metadata_xml" if xml else "metadata_url"
    try:
        document = xml.encode() if xml else await fetched(url or "", "application/samlmetadata+xml", outside)
        found = identity_provider(document, now)
    except Unfit as problem:
        return Checked({}, [wrong(name, problem.code, str(problem))])
    if not is_address(found.sign_on_url):
        return Checked({}, [wrong(name, "METADATA_ADDRESS", "The SingleSignOnService is at no address of https.")])
    certificates = {"certificates": shown(found.certificates), "certificate_pems": pems(found.certificates)}
    values = {"issuer": found.entity_id, "sign_on_url": found.sign_on_url, **certificates, "checked_at": now}
    return Checked(values, [])


async def looked_at(after: Mapping[str, object], outside: Outside, now: datetime) -> Checked:
    """What asking the identity provider finds."""
    if after["protocol"] != OIDC:
        return await saml_looked_at(after, outside, now)
    issuer = after["issuer"]
    try:
        return Checked(await discovered(str(issuer), str(after["token_auth"]), outside), [])
    except Unfit as problem:
        return Checked({}, [wrong("issuer", problem.code, str(problem))])


async def saml_looked_at(after: Mapping[str, object], outside: Outside, now: datetime) -> Checked:
    """Metadata are fetched anew where they have an address; else what was given holds until its certificates end."""
    if after["metadata_url"]:
        return await from_metadata(None, str(after["metadata_url"]), outside, now)
    if not any(
        load_pem_x509_certificate(pem.encode()).not_valid_after_utc > now for pem in texts(after["certificate_pems"])
    ):
        return Checked({}, [wrong("metadata_xml", "CERTIFICATES_EXPIRED", "All signing certificates have expired.")])
    return Checked({}, [])


def lacking(after: Mapping[str, object]) -> list[Mistake]:
    """What has to be there before anybody can sign in."""
    found = []
    if not after["domains"]:
        found.append(wrong("domains", "DOMAINS_NEEDED", "Name the mail domains of your people."))
    if not after["role_mapping"] and not after["default_role"]:
        found.append(wrong("default_role", "ROLES_NEEDED", "Say what people are: by a mapping, or all of them alike."))
    if after["role_mapping"] and not after["role_attribute"]:
        found.append(wrong("role_attribute", "ROLE_ATTRIBUTE_NEEDED", "Say which attribute has the values of roles."))
    if after["protocol"] == OIDC:
        needed = {"issuer": after["issuer"], "client_id": after["client_id"], "client_secret": after["client_secret"]}
        found += [wrong(name, "NEEDED", f"{name} is needed.") for name, value in needed.items() if not value]
    elif not (after["metadata_url"] or after["certificate_pems"]):
        found.append(wrong("metadata_xml", "METADATA_NEEDED", "Give the metadata of the identity provider."))
    return found


def merged(before: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """What is to be: what is given in the place of what was; nothing of another protocol, or found of another place."""
    same = before.get("protocol") == given["protocol"]
    after = {**before, **({} if same else CONNECTION), **given}
    if any(after.get(name) != before.get(name) for name in CHECKED) and "checked_at" not in given:
        after["checked_at"] = None
    return after


def leads_elsewhere(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Whether a sealed secret would go to another provider than the one that it was given for."""
    kept = after["client_secret"] is not None and after["client_secret"] == before["client_secret"]
    return kept and after["issuer"] != before["issuer"]


def reaching(request: Request, path: str) -> Viewer:
    """The viewer, who may set up single sign-on."""
    return allowed(request, MANAGE, path)


def reaches(viewer: Viewer, organization_id: int) -> bool:
    """Whether an organization is within the viewer's reach."""
    return viewer.standing.everything(MANAGE) or organization_id in viewer.reaches(MANAGE)


async def current(request: Request, organization_id: int) -> Mapping[str, object] | None:
    """An organization's configuration, or what one is that is new; None where there is no such organization."""
    async with request.database.writing() as transaction:
        return await held(transaction, organization_id)


async def held(transaction: Transaction, organization_id: int) -> Mapping[str, object] | None:
    """The same, held until the end."""
    try:
        found = await rows.held(transaction, organization_id)
    except LookupError:
        return None
    return {**CONNECTION, **NEW} if found is None else found


def number_of(found: Mapping[str, object]) -> int | None:
    """The number of a configuration; a new one has none."""
    number = found.get("id")
    return number if isinstance(number, int) else None


def texts(found: object) -> list[str]:
    """A list of texts, as a column has it."""
    return [str(one) for one in found] if isinstance(found, list) else []
