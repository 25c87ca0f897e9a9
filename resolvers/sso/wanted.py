"""What a configuration is to be: what is told, what is wrong with it, and the columns that follow."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from db.sso.tables import PROTOCOLS, ROLES, TOKEN_AUTHS
from resolvers.errors import Mistake
from resolvers.sealing import Sealer
from resolvers.text import text

MASK = "********"
MOST_DOMAINS, MOST_ROLES = 50, 100
LONGEST, LONGEST_URL, LONGEST_SECRET = 255, 2048, 1024
DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
VISIBLE = re.compile(r"[\x20-\x7e]+")
# Nobody's own: an organization cannot speak for everybody who has a mailbox there.
PUBLIC_DOMAINS = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "outlook.jp", "hotmail.com", "hotmail.co.jp", "live.jp"),
        *("yahoo.com", "yahoo.co.jp", "ymail.ne.jp", "icloud.com", "me.com", "aol.com", "proton.me", "protonmail.com"),
        *("docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "nifty.com", "gmx.com"),
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is told; None leaves a member as it is, and an empty text takes it away where it may be missing."""

    protocol: str
    domains: Sequence[str] | None = None
    return_url: str | None = None
    creates_accounts: bool | None = None
    enforced: bool | None = None
    role_attribute: str | None = None
    roles: Sequence[Mapping[str, str]] | None = None
    default_role: str | None = None
    email_attribute: str | None = None
    issuer: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    token_auth: str | None = None
    metadata_xml: str | None = None
    metadata_url: str | None = None

    @property
    def secret(self) -> str | None:
        """A secret that is new: what was shown in its place is none."""
        return None if self.client_secret in (None, MASK) else self.client_secret

    def mistakes(self) -> list[Mistake]:
        """What is wrong with it by itself."""
        return [*self.domain_mistakes(), *self.role_mistakes(), *self.text_mistakes(), *self.protocol_mistakes()]

    def domain_mistakes(self) -> Iterator[Mistake]:
        """Domains are written as in a mail address, in ASCII."""
        told = self.domains or ()
        if len(told) > MOST_DOMAINS:
            yield wrong("domains", "DOMAINS_TOO_MANY", f"At most {MOST_DOMAINS} domains can be given.")
        for domain in folded(told):
            if not DOMAIN.fullmatch(domain):
                yield wrong("domains", "DOMAIN_FORM", "Write domains such as school.example.jp, in ASCII (xn--…).")
            elif domain in PUBLIC_DOMAINS:
                yield wrong("domains", "DOMAIN_PUBLIC", f"{domain} has mailboxes for everybody, and is nobody's own.")

    def role_mistakes(self) -> Iterator[Mistake]:
        """Roles are those that single sign-on may give."""
        told = self.roles or ()
        if len(told) > MOST_ROLES:
            yield wrong("roles", "ROLES_TOO_MANY", f"At most {MOST_ROLES} values can be mapped to roles.")
        if any(one["role"] not in ROLES for one in told) or (self.default_role or ROLES[0]) not in ROLES:
            yield wrong("roles", "ROLE_UNKNOWN", f"The roles are {', '.join(ROLES)}.")
        values = [one["value"] for one in told]
        if len(set(values)) != len(values) or not all(0 < len(text(one)) <= LONGEST for one in values):
            yield wrong("roles", "ROLE_VALUES", f"Each value is given once, with 1 to {LONGEST} characters.")

    def text_mistakes(self) -> Iterator[Mistake]:
        """Texts have their length, and addresses are addresses."""
        for name in ("role_attribute", "email_attribute", "client_id"):
            value = getattr(self, name)
            if value and (len(text(value)) > LONGEST or not value.strip()):
                yield wrong(name, "TEXT_LENGTH", f"Use from 1 to {LONGEST} characters.")
        for name in ("issuer", "metadata_url", "return_url"):
            value = getattr(self, name)
            if value and not is_address(value):
                yield wrong(name, "URL_FORM", "Use an address that begins with https://, without a #.")
        if self.secret is not None and not (VISIBLE.fullmatch(self.secret) and len(self.secret) <= LONGEST_SECRET):
            yield wrong("client_secret", "SECRET_FORM", f"Use from 1 to {LONGEST_SECRET} characters of ASCII.")

    def protocol_mistakes(self) -> Iterator[Mistake]:
        """What belongs to one protocol is not given for the other."""
        others = {
            "oidc": ("metadata_xml", "metadata_url", "email_attribute"),
            "saml": ("issuer", "client_id", "client_secret", "token_auth"),
        }
        if self.protocol not in PROTOCOLS:
            yield wrong("protocol", "PROTOCOL_UNKNOWN", "The protocols are oidc and saml.")
            return
        for name in others[self.protocol]:
            if getattr(self, name):
                yield wrong(name, "NOT_OF_PROTOCOL", f"{name} is none of the settings of {self.protocol}.")
        if self.token_auth is not None and self.token_auth not in TOKEN_AUTHS:
            yield wrong("token_auth", "TOKEN_AUTH_UNKNOWN", f"The methods are {' and '.join(TOKEN_AUTHS)}.")
        if self.metadata_xml and self.metadata_url:
            yield wrong("metadata_url", "METADATA_TWICE", "Give the metadata as a text or by their address.")

    def values(self, sealer: Sealer) -> dict[str, object]:
        """The columns that follow without asking anybody."""
        names = (
            "role_attribute",
            "default_role",
            "email_attribute",
            "return_url",
            "issuer",
            "client_id",
            "metadata_url",
        )
        given = {name: getattr(self, name) for name in names}
        found: dict[str, object] = {name: value or None for name, value in given.items() if value is not None}
        plain = {name: getattr(self, name) for name in ("creates_accounts", "enforced", "token_auth")}
        found |= {name: value for name, value in plain.items() if value is not None}
        if self.domains is not None:
            found["domains"] = folded(self.domains)
        if self.roles is not None:
            found["role_mapping"] = [{"value": one["value"], "role": one["role"]} for one in self.roles]
        if self.secret is not None:
            sealed = None if self.secret == "" else sealer.seal(self.secret)
            found |= {"client_secret": sealed, "has_client_secret": sealed is not None}
        if self.metadata_xml:
            found["metadata_url"] = None
        return found | {"protocol": self.protocol}


def wrong(name: str, code: str, message: str) -> Mistake:
    """A mistake in one of the settings, by its name in the graph."""
    head, *rest = name.split("_")
    called = "".join([head, *(part.capitalize() for part in rest)])
    return Mistake(("protocol",) if name == "protocol" else ("settings", called), code, message)


def folded(domains: Sequence[str]) -> list[str]:
    """Domains as they are compared, each once."""
    return list(dict.fromkeys(text(one).strip().lower().removeprefix("@").rstrip(".") for one in domains))


def is_address(value: str) -> bool:
    """An absolute address that browsers and requests may go to; plain http is a developer's machine's alone."""
    if len(text(value)) > LONGEST_URL or not VISIBLE.fullmatch(value) or " " in value or "\\" in value:
        return False
    try:
        found = urlsplit(value)
        own, _ = found.hostname in ("localhost", "127.0.0.1"), found.port
    except ValueError:
        return False
    scheme = found.scheme == "https" or (found.scheme == "http" and own)
    return scheme and bool(found.hostname) and found.username is None and "#" not in value
