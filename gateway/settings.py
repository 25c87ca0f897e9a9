"""The settings of a web process, read from KAKEHASHI_… variables and nowhere else."""

import enum
import re
from dataclasses import replace
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from resolvers.payments import Payments
from resolvers.settings import PREFIX, Environment, SharedSettings, WrongSetting, read

__all__ = ["PREFIX", "EngineMode", "Environment", "Settings", "WrongSetting", "read_settings"]

DEVELOPMENT_ISSUER = "https://kakehashi.localhost/"
# Scheme and host in lower case, and a port that is not the scheme's own: so browsers write it.
ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")


class EngineMode(enum.Enum):
    """How reads run: as one statement, or level by level, as ordinary GraphQL."""

    COMPILED = "compiled"
    STEPWISE = "stepwise"


def web_address(value: str) -> str:
    """An absolute address."""
    if not value.startswith(("https://", "http://")):
        raise ValueError("use an absolute address such as https://tenant.auth0.com/")
    return value


def page_address(value: str) -> str:
    """The absolute address of a page; what is behind a # is ours to write."""
    if "#" in web_address(value):
        raise ValueError("use an address without a #, such as https://app.example.jp/launch")
    return value


def origins(value: object) -> tuple[str, ...]:
    """Origins of web pages, as browsers write them, parted by commas."""
    parts = value if isinstance(value, tuple) else [part.strip() for part in str(value).split(",")]
    found = tuple(str(part) for part in parts if part)
    if not all(ORIGIN.fullmatch(one) for one in found):
        raise ValueError("use origins such as https://app.example.jp, parted by commas")
    return found


def path_prefix(value: str) -> str:
    """A path that begins with a slash and does not end in one."""
    if not value.startswith("/") or value.endswith("/"):
        raise ValueError("use a path such as /api/v1")
    return value


class Settings(SharedSettings):
    """What an operator decides. Each field is read from the variable KAKEHASHI_ and its name in capitals."""

    # Whether the web process does the work of a worker too; on a developer's machine, unless told.
    worker_inside: bool | None = None
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=0, le=65535)
    # The address under which others know this server; xAPI names learners and activities below it.
    public_url: Annotated[str, AfterValidator(web_address)] | None = None
    auth0_issuer: Annotated[str, AfterValidator(web_address)] | None = None
    auth0_audience: str = Field(default="diverse", min_length=1)
    auth0_jwks_url: Annotated[str, AfterValidator(web_address)] | None = None
    engine: EngineMode = EngineMode.COMPILED
    lane: bool = True
    diverse_prefix: Annotated[str, AfterValidator(path_prefix)] = "/api/v1"
    talktiko_prefix: Annotated[str, AfterValidator(path_prefix)] = "/api"
    receipt_s: float = Field(default=10, gt=0, le=600)
    deadline_s: float = Field(default=10, gt=0, le=600)
    registered_only: bool = False
    auth0_rate_limit_per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
    # Where launches from LTI platforms lead, in place of the page that comes with the product.
    lti_course_page: Annotated[str, AfterValidator(page_address)] | None = None
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(origins)] = ()

    @model_validator(mode="after")
    def complete(self) -> Self:
        """What must fit together: production has a real issuer, and its keys come over TLS."""
        if self.environment is Environment.PRODUCTION and self.auth0_issuer is None:
            raise ValueError("KAKEHASHI_AUTH0_ISSUER: is needed with KAKEHASHI_ENVIRONMENT=production")
        if self.environment is Environment.PRODUCTION and not self.jwks_url.startswith("https://"):
            raise ValueError("KAKEHASHI_AUTH0_JWKS_URL: must be https:// with KAKEHASHI_ENVIRONMENT=production")
        if self.auth0_jwks_url is not None and self.auth0_issuer is None:
            raise ValueError("KAKEHASHI_AUTH0_ISSUER: is needed with KAKEHASHI_AUTH0_JWKS_URL")
        return self

    @property
    def embedded_worker(self) -> bool:
        """Whether the web process does the work of a worker too."""
        return self.development if self.worker_inside is None else self.worker_inside

    @property
    def own_tokens(self) -> bool:
        """Whether tokens are signed by the development key; never in production, never beside a real issuer."""
        return self.development and self.auth0_issuer is None

    @property
    def home(self) -> str | None:
        """The address under which others know this server; a developer's machine has one of no meaning elsewhere."""
        told = self.public_url or (DEVELOPMENT_ISSUER if self.development else None)
        return None if told is None else told.rstrip("/")

    @property
    def payments(self) -> Payments | None:
        """How Stripe is reached, and that its pages may lead back to the origins that are allowed."""
        found = super().payments
        return None if found is None else replace(found, pages=frozenset(self.allowed_origins))

    @property
    def issuer(self) -> str:
        """The issuer that tokens must name."""
        return self.auth0_issuer or DEVELOPMENT_ISSUER

    @property
    def jwks_url(self) -> str:
        """Where the issuer's keys are."""
        return self.auth0_jwks_url or f"{self.issuer.rstrip('/')}/.well-known/jwks.json"


def read_settings() -> Settings:
    """The settings of this process; raises WrongSetting with one line that names the first wrong variable."""
    return read(Settings)
