"""Logins that platforms began: whose they are, by what browser, and that each is used once."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Dialect, delete, insert, select, update

from db.connections.database import Database, Row, Transaction
from db.leases import after, clock
from db.lti.tables import lti_logins, lti_platforms
from db.predicates import Condition, parameter
from db.rows import document
from db.statements.statement import Statement, compiled

LASTS, AGO = "lasts_seconds", "ago_seconds"
# Where an issuer has several platforms nobody has to know how many.
SEVERAL = 2


class Platform(NamedTuple):
    """A platform, as far as a launch has to know it."""

    id: int
    organization_id: int
    name: str
    issuer: str
    client_id: str
    deployment_ids: tuple[str, ...]
    auth_login_url: str
    jwks_url: str
    matching: str
    creates_accounts: bool
    is_active: bool


class Login(NamedTuple):
    """A login that waits for its launch; `parameters` are those that the platform began it with."""

    id: int
    nonce_digest: bytes
    browser_digest: bytes
    storage_target: str | None
    parameters: Mapping[str, str]
    platform: Platform


PLATFORM_COLUMNS = tuple(lti_platforms.c[name] for name in Platform._fields)


@lru_cache(maxsize=4)
def platforms_statement(dialect: Dialect, *, by_client: bool) -> Statement:
    """The platforms whose issuer is `issuer`, and whose client id is `client_id` where that is asked for."""
    found = select(*PLATFORM_COLUMNS).where(lti_platforms.c.issuer == parameter("issuer"))
    if by_client:
        found = found.where(lti_platforms.c.client_id == parameter("client_id"))
    return compiled(found.order_by(lti_platforms.c.id).limit(SEVERAL), dialect)


@lru_cache(maxsize=2)
def waiting_statement(dialect: Dialect) -> Statement:
    """The login whose state has the digest `state`, where it was not used and has not expired."""
    login = lti_logins.c
    columns = (login.id, login.nonce_digest, login.browser_digest, login.storage_target, login.parameters)
    found = select(*columns, *PLATFORM_COLUMNS).join_from(lti_logins, lti_platforms)
    return compiled(found.where(login.state_digest == parameter("state"), is_waiting()), dialect)


def is_waiting() -> Condition:
    """Not used, and not expired."""
    return lti_logins.c.consumed_at.is_(None) & (lti_logins.c.expires_at > clock())


async def platforms_of(database: Database, issuer: str, client_id: str | None) -> list[Platform]:
    """The platforms with this issuer, and this client id where one is given; at most two."""
    values = {"issuer": issuer} | ({} if client_id is None else {"client_id": client_id})
    statement = platforms_statement(database.dialect, by_client=client_id is not None)
    return [platform_in(record) for record in await database.fetch(statement, values)]


async def waiting(database: Database, state_digest: bytes) -> Login | None:
    """The login with this state; None where there is none that waits still, by the database's clock."""
    records = await database.fetch(waiting_statement(database.dialect), {"state": state_digest})
    return login_in(records[0]) if records else None


async def add(transaction: Transaction, values: Mapping[str, object], *, lasts_s: float) -> None:
    """Keep a login for so many seconds of the database's clock."""
    times = {"created_at": clock(), "expires_at": after(LASTS)}
    made = insert(lti_logins).values(**values, **times)
    await transaction.execute(made, {LASTS: lasts_s})


async def consume(transaction: Transaction, login_id: int) -> bool:
    """Use a login; False where somebody else was quicker, or it has expired."""
    one = update(lti_logins).where(lti_logins.c.id == login_id, is_waiting())
    used = one.values(consumed_at=clock()).returning(lti_logins.c.id)
    return (await transaction.execute(used)).first() is not None


async def forget(transaction: Transaction, *, ago_s: float, most: int) -> int:
    """Forget logins that expired so many seconds ago, the oldest first; gives how many."""
    expired = lti_logins.c.expires_at < after(AGO)
    oldest = select(lti_logins.c.id).where(expired).order_by(lti_logins.c.expires_at).limit(most)
    gone = delete(lti_logins).where(lti_logins.c.id.in_(oldest))
    return (await transaction.execute(gone, {AGO: -ago_s})).rowcount


def platform_in(record: Row) -> Platform:
    """A record of PLATFORM_COLUMNS."""
    found = Platform(*record)
    named = document(found.deployment_ids)
    deployments = tuple(str(one) for one in named) if isinstance(named, list) else ()
    return found._replace(
        deployment_ids=deployments,
        creates_accounts=bool(found.creates_accounts),
        is_active=bool(found.is_active),
    )


def login_in(record: Row) -> Login:
    """A record of `waiting_statement`."""
    id_, nonce, browser, storage_target, told, *platform = record
    named = document(told)
    parameters = {str(name): str(value) for name, value in named.items()} if isinstance(named, dict) else {}
    return Login(id_, bytes(nonce), bytes(browser), storage_target, parameters, platform_in(platform))
