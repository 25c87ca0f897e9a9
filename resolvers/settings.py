"""What operators decide for web processes and workers alike; each process reads its own settings with these."""

import enum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Self, TypeVar

from cryptography.fernet import Fernet
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from resolvers.egress.addresses import networks
from resolvers.payments import API_BASE, Payments
from resolvers.sealing import Sealer

PREFIX = "KAKEHASHI_"


class WrongSetting(Exception):
    """A variable has a value that cannot be; the text is one line that names it."""


class Environment(enum.Enum):
    """Where the process runs: a developer's machine, or where people rely on it."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


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


def checked_store(value: str) -> str:
    """A folder or an object store."""
    if not value.startswith(("file:///", "s3://", "gs://", "az://")):
        raise ValueError("use file:///FOLDER, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX")
    return value


def checked_stripe_key(value: str) -> str:
    """A key of Stripe that may do something: not the one for web pages."""
    if not value.startswith(("sk_", "rk_")):
        raise ValueError("use a secret or a restricted key of Stripe, which begins with sk_ or rk_")
    return value


def checked_stripe_secret(value: str) -> str:
    """What Stripe signs its events with."""
    if not value.startswith("whsec_"):
        raise ValueError("use the signing secret of the endpoint, which begins with whsec_")
    return value


def checked_stripe_address(value: str) -> str:
    """Where Stripe's API is."""
    if not value.startswith(("https://", "http://")) or value.endswith("/"):
        raise ValueError(f"use an address without a slash at its end, such as {API_BASE}")
    return value


def keys_in(value: object) -> tuple[str, ...]:
    """Keys that seal secrets, parted by commas; the first one seals."""
    found = value if isinstance(value, tuple) else tuple(part.strip() for part in str(value).split(",") if part.strip())
    try:
        for key in found:
            Fernet(key)
    except ValueError:
        # The message is printed, and a key with a typing error is nearly the key.
        raise ValueError("use keys of 32 bytes in URL-safe base64, parted by commas") from None
    return found


class SharedSettings(BaseSettings):
    """What web processes and workers have in common. Each field is read from KAKEHASHI_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    environment: Environment = Environment.DEVELOPMENT
    data_dir: Path = Path("data")
    database_url: Annotated[str, AfterValidator(checked_database)] | None = None
    database_connections: int = Field(default=4, ge=1, le=100)
    redis_url: Annotated[str, AfterValidator(checked_redis)] | None = None
    # Networks that the product's own requests may reach beside the public internet, also by plain http.
    egress_allow: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(networks)] = ()
    # Where the files of exports are kept; a folder beside the data unless told.
    export_store: Annotated[str, AfterValidator(checked_store)] | None = None
    sealing_keys: Annotated[tuple[str, ...], NoDecode, BeforeValidator(keys_in)] = Field(default=(), repr=False)
    stripe_key: Annotated[str, AfterValidator(checked_stripe_key)] | None = Field(default=None, repr=False)
    stripe_webhook_secret: Annotated[str, AfterValidator(checked_stripe_secret)] | None = Field(
        default=None, repr=False
    )
    stripe_api_base: Annotated[str, AfterValidator(checked_stripe_address)] = API_BASE

    @model_validator(mode="after")
    def sealed(self) -> Self:
        """Production seals with keys that its operator keeps, and not with one that lies beside the data."""
        if self.environment is Environment.PRODUCTION and not self.sealing_keys:
            raise ValueError("KAKEHASHI_SEALING_KEYS: is needed with KAKEHASHI_ENVIRONMENT=production")
        return self

    @model_validator(mode="after")
    def paid(self) -> Self:
        """Stripe's events are of no use without its key; and the key leaves by TLS alone where people pay."""
        if self.stripe_webhook_secret is not None and self.stripe_key is None:
            raise ValueError("KAKEHASHI_STRIPE_KEY: is needed with KAKEHASHI_STRIPE_WEBHOOK_SECRET")
        if self.environment is Environment.PRODUCTION and not self.stripe_api_base.startswith("https://"):
            raise ValueError("KAKEHASHI_STRIPE_API_BASE: must be https:// with KAKEHASHI_ENVIRONMENT=production")
        return self

    @property
    def payments(self) -> Payments | None:
        """How Stripe is reached; None where nobody pays here."""
        if self.stripe_key is None:
            return None
        return Payments(self.stripe_key, self.stripe_webhook_secret, self.stripe_api_base)

    @property
    def database(self) -> str:
        """The URL of the database: a file in the data folder unless told otherwise."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'kakehashi.db'}"

    @property
    def exports(self) -> str:
        """Where the files of exports are kept; workers write them there, and web processes hand them out."""
        return self.export_store or f"file://{self.data_dir.absolute() / 'exports'}"

    @property
    def development(self) -> bool:
        """Whether this is a developer's machine."""
        return self.environment is Environment.DEVELOPMENT

    def sealer(self) -> Sealer:
        """What seals the secrets of others; a development machine makes its key itself."""
        return Sealer(self.sealing_keys) if self.sealing_keys else Sealer.of_folder(self.data_dir)


S = TypeVar("S", bound=SharedSettings)
SECRET_FIELDS = ("SEALING_KEYS", "STRIPE_KEY", "STRIPE_WEBHOOK_SECRET")


def read(kind: type[S]) -> S:
    """The settings of this process; raises WrongSetting with one line that names the first wrong variable."""
    try:
        return kind()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        message = str(first["msg"]).removeprefix("Value error, ")
        if not name:
            raise WrongSetting(message) from None
        shown = "" if name in SECRET_FIELDS else f", and not {first['input']!r}"
        raise WrongSetting(f"{PREFIX}{name}: {message}{shown}") from None
