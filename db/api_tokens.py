"""How API tokens are kept and found: by number; of their secrets only a digest is there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import Dialect, bindparam, insert, select, update

from db.accounts import api_tokens, users
from db.connections.database import Row, Transaction
from db.predicates import Columns, Condition, among, parameter
from db.rows import document, maybe_moment
from db.statements.statement import Statement, compiled


def is_kept(columns: Columns) -> Condition:
    """Not revoked."""
    return columns["revoked_at"].is_(None)


class KnownToken(NamedTuple):
    """A token that was not revoked: whose it is, the digest of its secret, what it may do, when it ends.

    `documents_only` tells whether the graph runs registered documents alone for it.
    """

    id: int
    uid: str
    digest: bytes
    abilities: tuple[str, ...]
    expires_at: datetime | None
    documents_only: bool


@cache
def tokens_statement(dialect: Dialect) -> Statement:
    """The tokens whose numbers are bound as `ids`, less those that were revoked."""
    token = api_tokens.c
    columns = (token.id, users.c.uid, token.digest, token.abilities, token.expires_at, token.documents_only)
    found = select(*columns).join_from(api_tokens, users, users.c.id == api_tokens.c.user_id)
    found = found.where(among(api_tokens.c.id, parameter("ids")), api_tokens.c.revoked_at.is_(None))
    return compiled(found, dialect)


def known_token(record: Row) -> KnownToken:
    """A record of tokens_statement."""
    id_, uid, digest, abilities, expires_at, documents_only = record
    named = document(abilities)
    able = tuple(named if isinstance(named, list) else ())
    return KnownToken(id_, uid, bytes(digest), able, maybe_moment(expires_at), bool(documents_only))


async def add(
    transaction: Transaction,
    *,
    user_id: int,
    name: str,
    digest: bytes,
    abilities: Sequence[str],
    expires_at: datetime | None,
    documents_only: bool,
    now: datetime,
) -> int:
    """Keep a token; gives its number."""
    values = {"user_id": user_id, "name": name, "digest": digest, "abilities": list(abilities)}
    values |= {"expires_at": expires_at, "documents_only": documents_only, "created_at": now}
    row = insert(api_tokens).values(**values).returning(api_tokens.c.id)
    return int((await transaction.execute(row)).scalar_one())


async def revoke(transaction: Transaction, token_id: int, *, user_id: int, now: datetime) -> bool:
    """Revoke one of a user's tokens; whether there was such a one."""
    one = (api_tokens.c.id == token_id) & (api_tokens.c.user_id == user_id) & api_tokens.c.revoked_at.is_(None)
    changed = await transaction.execute(update(api_tokens).where(one).values(revoked_at=now))
    return changed.rowcount == 1


async def note_use(transaction: Transaction, used: Mapping[int, datetime]) -> None:
    """Write down when tokens were last used."""
    rows = [{"token": token_id, "used_at": at} for token_id, at in used.items()]
    one = update(api_tokens).where(api_tokens.c.id == bindparam("token"))
    await transaction.execute(one.values(last_used_at=bindparam("used_at")), rows)
