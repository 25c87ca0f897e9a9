"""The settings of a web process, read from KAKEHASHI_… variables and nowhere else."""

import enum
import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from resolvers.egress.addresses import networks

PREFIX = "KAKEHASHI_"
DEVELOPMENT_ISSUER = "https://kakehashi.localhost/"
# Scheme and host in lower case, and a port that is not the scheme's own: so browsers write it.
ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")


class WrongSetting(Exception):
    """A variable has a value that cannot be; the text is one line that names it."""


class Environment(enum.Enum):
    """Where the process runs: a developer's machine, or where people rely on it."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class EngineMode(enum.Enum):
    """How reads run: as one statement, or level by level, as ordinary GraphQL."""

    COMPILED = "compiled"
    STEPWISE = "stepwise"


def checked_database(value: str) -> str:
    """A URL of one of the two databases."""
    if not value.startswith(("postgresql://", "postgresql+asyncpg://", "sqlite:///")):
        raise ValueError("use postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE")
    return value


def checked_redis(value: str) -> str:
    """A URL of Redis or Valkey."""
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("use redis://HOST:PORT/0, rediss://… or unix:///FILE")
    return value


def web_address(value: str) -> str:
    """An absolute address."""
    if not value.startswith(("https://", "http://")):
        raise ValueError("use an absolute address such as https://tenant.auth0.com/")
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


class Settings(BaseSettings):
    """What an operator decides. Each field is read from the variable KAKEHASHI_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    environment: Environment = Environment.DEVELOPMENT
    data_dir: Path = Path("data")
    database_url: Annotated[str, AfterValidator(checked_database)] | None = None
    database_connections: int = Field(default=4, ge=1, le=100)
    redis_url: Annotated[str, AfterValidator(checked_redis)] | None = None
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=0, le=65535)
    auth0_issuer: Annotated[str, AfterValidator(web_address)] | None = None
    auth0_audience: str = Field(default="diverse", min_length=1)
    # Networks that the product's own requests may reach beside the public internet, also by plain http.
    egress_allow: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(networks)] = ()
    auth0_jwks_url: Annotated[str, AfterValidator(web_address)] | None = None
    engine: EngineMode = EngineMode.COMPILED
    lane: bool = True
    diverse_prefix: Annotated[str, AfterValidator(path_prefix)] = "/api/v1"
    talktiko_prefix: Annotated[str, AfterValidator(path_prefix)] = "/api"
    receipt_s: float = Field(default=10, gt=0, le=600)
    deadline_s: float = Field(default=10, gt=0, le=600)
    registered_only: bool = False
    auth0_rate_limit_per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
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
    def database(self) -> str:
        """The URL of the database: a file in the data folder unless told otherwise."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'kakehashi.db'}"

    @property
    def development(self) -> bool:
        """Whether this is a developer's machine."""
        return self.environment is Environment.DEVELOPMENT

    @property
    def own_tokens(self) -> bool:
        """Whether tokens are signed by the development key; never in production, never beside a real issuer."""
        return self.development and self.auth0_issuer is None

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
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        message = str(first["msg"]).removeprefix("Value error, ")
        if not name:
            raise WrongSetting(message) from None
        raise WrongSetting(f"{PREFIX}{name}: {message}, and not {first['input']!r}") from None
