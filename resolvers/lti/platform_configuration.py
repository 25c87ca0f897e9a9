"""What an LMS says of itself when it registers itself: read strictly, for it comes from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from resolvers.egress.client import Refused
from resolvers.egress.target import target_of
from resolvers.lti.tool_configuration import RESOURCE_LINK, SCOPES
from resolvers.lti.wanted import LONGEST

LTI = "https://purl.imsglobal.org/spec/lti-platform-configuration"
ALGORITHM = "RS256"


class Unfit(Exception):
    """A configuration that we cannot work with; `reason` names why, and the text says what was found."""

    def __init__(self, reason: str, found: str = "") -> None:
        super().__init__(found)
        self.reason = reason
        self.found = found


@dataclass(frozen=True, slots=True)
class Configuration:
    """An LMS as it describes itself. `messages` are those that it sends, with the places that it has for each."""

    issuer: str
    auth_login_url: str
    token_url: str
    token_audience: str | None
    jwks_url: str
    registration_url: str
    family: str
    scopes: tuple[str, ...]
    messages: Mapping[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """What the platform is called until somebody calls it otherwise."""
        host = urlsplit(self.issuer).hostname or self.issuer
        return (f"{host} ({self.family})" if self.family else host)[:LONGEST]


def configuration(found: Mapping[str, object], asked: str) -> Configuration:
    """The configuration that was found at an address; raises Unfit.

    Whoever calls itself an issuer must have answered on the issuer's own host, or anybody could register as anybody
    (Dynamic Registration 1.0, 3.5.1).
    """
    issuer = said(found, "issuer")
    if host_of(issuer) != host_of(asked):
        raise Unfit("issuer_elsewhere", issuer)
    offers(found, "response_types_supported", "id_token", needed=True)
    offers(found, "id_token_signing_alg_values_supported", ALGORITHM, needed=True)
    offers(found, "token_endpoint_auth_methods_supported", "private_key_jwt")
    offers(found, "token_endpoint_auth_signing_alg_values_supported", ALGORITHM)
    lti = found.get(LTI)
    known: Mapping[str, object] = lti if isinstance(lti, dict) else {}
    messages = messages_in(known.get("messages_supported"))
    if RESOURCE_LINK not in messages:
        raise Unfit("not_supported", f"messages_supported: {RESOURCE_LINK}")
    return Configuration(
        issuer=issuer,
        auth_login_url=said(found, "authorization_endpoint"),
        token_url=said(found, "token_endpoint"),
        token_audience=audience_in(found),
        jwks_url=said(found, "jwks_uri"),
        registration_url=said(found, "registration_endpoint"),
        family=family_in(known),
        scopes=scopes_in(found),
        messages=messages,
    )


def said(found: Mapping[str, object], name: str) -> str:
    """A text that must be there; raises Unfit."""
    value = found.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise Unfit("not_said", name)
    return value


def host_of(url: str) -> str:
    """The host of an address, as it is looked up; raises Unfit for what is no address."""
    try:
        return target_of(url).host
    except Refused as refused:
        raise Unfit("no_address", f"{url[:LONGEST]}: {refused}") from None


def offers(found: Mapping[str, object], name: str, wanted: str, *, needed: bool = False) -> None:
    """Hold a platform to what we need of it; what it does not say is taken as offered, unless it has to say it."""
    value = found.get(name)
    if value is None and not needed:
        return
    if not isinstance(value, list) or wanted not in value:
        raise Unfit("not_supported", f"{name}: {wanted}")


def audience_in(found: Mapping[str, object]) -> str | None:
    """Whom our assertions are addressed to: the authorization server, where it is named by an address of its own.

    Blackboard and D2L name one; Canvas names its bare host, and takes the token's address.
    """
    value = found.get("authorization_server")
    if not isinstance(value, str) or not value.startswith(("https://", "http://")) or not value.isprintable():
        return None
    return None if value == found.get("token_endpoint") else value


def family_in(known: Mapping[str, object]) -> str:
    """Which product it is, as far as it says so."""
    family = known.get("product_family_code")
    return family if isinstance(family, str) and family.isprintable() else ""


def scopes_in(found: Mapping[str, object]) -> tuple[str, ...]:
    """Of our scopes those that it offers; all of them where it does not say which there are."""
    value = found.get("scopes_supported")
    return tuple(one for one in SCOPES if not isinstance(value, list) or one in value)


def messages_in(value: object) -> dict[str, tuple[str, ...]]:
    """The messages that it sends, each with its placements."""
    each: Sequence[object] = value if isinstance(value, list) else ()
    found: dict[str, tuple[str, ...]] = {}
    for one in each:
        if isinstance(one, dict) and isinstance(one.get("type"), str):
            places = one.get("placements")
            named = places if isinstance(places, list) else []
            found[one["type"]] = tuple(place for place in named if isinstance(place, str))
    return found
