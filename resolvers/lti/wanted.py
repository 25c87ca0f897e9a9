"""What a platform is to be, as whoever registers it says, and what is wrong with that."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from resolvers.egress.client import Refused
from resolvers.egress.target import target_of
from resolvers.errors import Mistake
from resolvers.integrations import address_mistakes
from resolvers.outside import Outside
from resolvers.text import text

LONGEST, MOST_DEPLOYMENTS = 255, 100
# OAuth's own letters (RFC 6749, A.1), and those of deployment ids (LTI Core 1.3, 5.3.3: 255 ASCII characters).
VISIBLE = re.compile(rf"[\x20-\x7e]{{1,{LONGEST}}}")

NAME_LENGTH = Mistake(("name",), "NAME_LENGTH", f"The name must have from 1 to {LONGEST} characters.")
ISSUER_FORM = Mistake(
    ("issuer",),
    "ISSUER_FORM",
    f"The issuer is the address by which the LMS calls itself: https://… of at most {LONGEST} characters.",
)
CLIENT_FORM = Mistake(
    ("clientId",), "CLIENT_ID_FORM", f"The client id must have from 1 to {LONGEST} letters, digits or signs of ASCII."
)
DEPLOYMENTS_FORM = Mistake(
    ("deployments",),
    "DEPLOYMENTS_FORM",
    f"Give from 1 to {MOST_DEPLOYMENTS} deployment ids, each of 1 to {LONGEST} ASCII characters.",
)
AUDIENCE_LENGTH = Mistake(
    ("tokenAudience",), "TOKEN_AUDIENCE_LENGTH", f"The audience must have at most {LONGEST} characters."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a platform is to be; None leaves a member as it is, and where one is registered, as it is by default.

    Blanks around what was pasted are left out. An empty `token_audience` is none: the token's own address.
    """

    name: str | None = None
    issuer: str | None = None
    client_id: str | None = None
    auth_login_url: str | None = None
    token_url: str | None = None
    token_audience: str | None = None
    jwks_url: str | None = None
    deployments: Sequence[str] | None = None
    matching: str | None = None
    creates_accounts: bool | None = None
    is_active: bool | None = None

    def values(self) -> dict[str, object]:
        """The columns that these set."""
        named = ("name", "issuer", "client_id", "auth_login_url", "token_url", "jwks_url")
        found: dict[str, object] = {name: plain(getattr(self, name)) for name in named}
        if self.deployments is not None:
            found["deployment_ids"] = self.deployment_ids
        found |= {"matching": self.matching, "creates_accounts": self.creates_accounts, "is_active": self.is_active}
        found = {name: value for name, value in found.items() if value is not None}
        return found if self.token_audience is None else found | {"token_audience": plain(self.token_audience) or None}

    @property
    def deployment_ids(self) -> list[str]:
        """The deployments, each once."""
        return list(dict.fromkeys(text(one.strip()) for one in self.deployments or ()))

    async def mistakes(self, outside: Outside) -> list[Mistake]:
        """What is wrong with them; addresses that we ask are looked up."""
        found = list(self.form_mistakes())
        for field, url in (("tokenUrl", self.token_url), ("jwksUrl", self.jwks_url)):
            if url is not None:
                found += [replace(one, field=(field,)) for one in await address_mistakes(outside, text(url.strip()))]
        return found

    def form_mistakes(self) -> Iterator[Mistake]:
        """What can be said without asking anybody."""
        name, issuer, client_id = plain(self.name), plain(self.issuer), plain(self.client_id)
        if name is not None and not 0 < len(name) <= LONGEST:
            yield NAME_LENGTH
        if issuer is not None and (len(issuer) > LONGEST or refusal_of(issuer)):
            yield ISSUER_FORM
        if client_id is not None and not VISIBLE.fullmatch(client_id):
            yield CLIENT_FORM
        if self.auth_login_url is not None and (refused := refusal_of(text(self.auth_login_url.strip()))):
            yield Mistake(("authLoginUrl",), "URL_REFUSED", refused)
        if self.deployments is not None and not are_deployments(self.deployment_ids):
            yield DEPLOYMENTS_FORM
        if self.token_audience is not None and len(text(self.token_audience.strip())) > LONGEST:
            yield AUDIENCE_LENGTH


def plain(value: str | None) -> str | None:
    """A text without the blanks around it, which come along when it is pasted."""
    return None if value is None else text(value.strip())


def are_deployments(ids: Sequence[str]) -> bool:
    """Whether there are deployments, and not too many, and each can be one."""
    return 0 < len(ids) <= MOST_DEPLOYMENTS and all(VISIBLE.fullmatch(one) for one in ids)


def refusal_of(url: str) -> str | None:
    """Why something is no absolute address by https or http; None where it is one. It is not asked."""
    try:
        target_of(url)
    except Refused as refused:
        return str(refused)
    return None
