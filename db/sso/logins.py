"""Logins that began here: whose they are, by what browser, that each is used once, and the code that it gives out."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Dialect, delete, insert, select, update

from db.accounts import users
from db.connections.database import Database, Row, Transaction
from db.leases import after, clock
from db.predicates import Condition, parameter
from db.rows import document
from db.sso.tables import sso_assertions, sso_configurations, sso_logins
from db.statements.statement import Statement, compiled

LASTS, AGO = "lasts_seconds", "ago_seconds"


class Configuration(NamedTuple):
    """How an organization's people sign in, as far as a login has to know it; secrets are sealed."""

    id: int
    organization_id: int
    protocol: str
    enabled: bool
    domains: tuple[str, ...]
    return_url: str | None
    creates_accounts: bool
    role_attribute: str | None
    role_mapping: Mapping[str, str]
    default_role: str | None
    email_attribute: str | None
    issuer: str
    sign_on_url: str
    token_url: str | None
    jwks_url: str
    token_auth: str
    client_id: str
    client_secret: bytes | None
    certificate_pems: tuple[str, ...]


class Login(NamedTuple):
    """A login that waits for whoever began it to come back."""

    id: int
    nonce_digest: bytes
    browser_digest: bytes
    page_state: str | None
    configuration: Configuration


class Waiting(NamedTuple):
    """A code that was not used yet: whose it is, and by which organization's configuration."""

    login_id: int
    user_id: int
    uid: str
    organization_id: int
    enabled: bool


COLUMNS = tuple(sso_configurations.c[name] for name in Configuration._fields)


@lru_cache(maxsize=2)
def configuration_statement(dialect: Dialect) -> Statement:
    """The configuration of the organization `organization`."""
    of_it = sso_configurations.c.organization_id == parameter("organization")
    return compiled(select(*COLUMNS).where(of_it), dialect)


@lru_cache(maxsize=2)
def waiting_statement(dialect: Dialect) -> Statement:
    """The login whose state has the digest `state`, where it was not used and has not expired."""
    login = sso_logins.c
    columns = (login.id, login.nonce_digest, login.browser_digest, login.page_state)
    found = select(*columns, *COLUMNS).join_from(sso_logins, sso_configurations)
    return compiled(found.where(login.state_digest == parameter("state"), is_waiting()), dialect)


@lru_cache(maxsize=2)
def code_statement(dialect: Dialect) -> Statement:
    """The login whose code has the digest `code`."""
    login, configuration = sso_logins.c, sso_configurations.c
    columns = (login.id, login.user_id, users.c.uid, configuration.organization_id, configuration.enabled)
    origin = sso_logins.join(users, users.c.id == login.user_id).join(
        sso_configurations, configuration.id == login.configuration_id
    )
    return compiled(select(*columns).select_from(origin).where(has_code()), dialect)


def is_waiting() -> Condition:
    """Not used, and not expired."""
    return sso_logins.c.consumed_at.is_(None) & (sso_logins.c.expires_at > clock())


def has_code() -> Condition:
    """The code with the digest `code` was given out, and is good still."""
    return (sso_logins.c.code_digest == parameter("code")) & (sso_logins.c.code_expires_at > clock())


async def configuration_of(database: Database, organization_id: int) -> Configuration | None:
    """The configuration of an organization; None where it has none."""
    records = await database.fetch(configuration_statement(database.dialect), {"organization": organization_id})
    return configuration_in(records[0]) if records else None


async def waiting(database: Database, state_digest: bytes) -> Login | None:
    """The login with this state; None where there is none that waits still, by the database's clock."""
    records = await database.fetch(waiting_statement(database.dialect), {"state": state_digest})
    return login_in(records[0]) if records else None


async def add(transaction: Transaction, values: Mapping[str, object], *, lasts_s: float) -> None:
    """Keep a login for so many seconds of the database's clock."""
    times = {"created_at": clock(), "expires_at": after(LASTS)}
    await transaction.execute(insert(sso_logins).values(**values, **times), {LASTS: lasts_s})


async def consume(transaction: Transaction, login_id: int) -> bool:
    """Use a login; False where somebody else was quicker, or it has expired."""
    one = update(sso_logins).where(sso_logins.c.id == login_id, is_waiting())
    used = one.values(consumed_at=clock()).returning(sso_logins.c.id)
    return (await transaction.execute(used)).first() is not None


async def give_code(transaction: Transaction, login_id: int, user_id: int, digest: bytes, *, lasts_s: float) -> None:
    """Remember who came by a login, and a code that is good for so many seconds of the database's clock."""
    values = {"user_id": user_id, "code_digest": digest, "code_expires_at": after(LASTS)}
    await transaction.execute(update(sso_logins).where(sso_logins.c.id == login_id).values(**values), {LASTS: lasts_s})


async def with_code(database: Database, digest: bytes) -> Waiting | None:
    """Whose a code is; None where there is none, or it was used or has expired."""
    records = await database.fetch(code_statement(database.dialect), {"code": digest})
    if not records:
        return None
    found = Waiting(*records[0])
    return found._replace(enabled=bool(found.enabled))


async def spend_code(transaction: Transaction, digest: bytes) -> bool:
    """Use a code; False where somebody else was quicker, or it has expired."""
    spent = update(sso_logins).where(has_code()).values(code_digest=None).returning(sso_logins.c.id)
    return (await transaction.execute(spent, {"code": digest})).first() is not None


async def forget(transaction: Transaction, *, ago_s: float, most: int) -> int:
    """Forget logins that expired so many seconds ago, the oldest first; gives how many."""
    expired = sso_logins.c.expires_at < after(AGO)
    oldest = select(sso_logins.c.id).where(expired).order_by(sso_logins.c.expires_at).limit(most)
    gone = delete(sso_logins).where(sso_logins.c.id.in_(oldest))
    return (await transaction.execute(gone, {AGO: -ago_s})).rowcount


async def forget_assertions(transaction: Transaction, *, ago_s: float) -> int:
    """Forget assertions that ended so many seconds ago; gives how many."""
    ended = delete(sso_assertions).where(sso_assertions.c.expires_at < after(AGO))
    return (await transaction.execute(ended, {AGO: -ago_s})).rowcount


def configuration_in(record: Row) -> Configuration:
    """A record of COLUMNS. What a protocol does not have is empty, and is asked by none of its kind."""
    found = Configuration(*record)
    return found._replace(
        enabled=bool(found.enabled),
        creates_accounts=bool(found.creates_accounts),
        domains=texts(found.domains),
        role_mapping=mapping(found.role_mapping),
        certificate_pems=texts(found.certificate_pems),
        client_secret=None if found.client_secret is None else bytes(found.client_secret),
        issuer=found.issuer or "",
        sign_on_url=found.sign_on_url or "",
        jwks_url=found.jwks_url or "",
        client_id=found.client_id or "",
    )


def login_in(record: Row) -> Login:
    """A record of `waiting_statement`."""
    id_, nonce, browser, page_state, *configuration = record
    return Login(id_, bytes(nonce), bytes(browser), page_state, configuration_in(configuration))


def texts(told: object) -> tuple[str, ...]:
    """A list of texts, as it is kept."""
    found = document(told)
    return tuple(str(one) for one in found) if isinstance(found, list) else ()


def mapping(told: object) -> dict[str, str]:
    """What each value of the role's attribute means, as it is kept: a list of {"value", "role"}."""
    found = document(told)
    pairs = found if isinstance(found, list) else []
    return {str(one["value"]): str(one["role"]) for one in pairs if isinstance(one, dict)}
