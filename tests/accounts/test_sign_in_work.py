"""Who knows no password learns nothing by the clock: every attempt costs exactly one hash of the same size."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from sqlalchemy import update

from db.accounts import users
from gateway.limits.limiter import Limiter
from gateway.limits.local import LocalBuckets
from gateway.limits.quota import SignInThrottle
from resolvers.accounts import Admission
from resolvers.api_tokens import Made
from resolvers.context import Request
from resolvers.errors import RateLimited
from resolvers.passwords import LANES, MEMORY_KIB, PASSES, Passwords
from resolvers.sign_in import SignInDesk, sign_in
from tests.accounts.calling import EMAILS, OWNER, PASSWORD, STUDENT, count
from tests.conftest import Running


class WatchedHasher(PasswordHasher):
    """A hasher that keeps the size of every hash that it verifies, and how long each password was."""

    def __init__(self) -> None:
        super().__init__(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self.work: list[Parameters] = []
        self.lengths: list[int] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        """The same, noted."""
        self.work.append(extract_parameters(hash if isinstance(hash, str) else hash.decode()))
        self.lengths.append(len(password))
        return super().verify(hash, password)


@dataclass(slots=True)
class WatchedDesk:
    """A desk whose hashing is watched."""

    running: Running
    passwords: Passwords = field(default_factory=Passwords)
    hasher: WatchedHasher = field(default_factory=WatchedHasher)

    async def sign_in(self, email: str, password: str, address: str = "192.0.2.1") -> str:
        """Sign in; what comes of it in one word."""
        database = self.running.database
        throttle = SignInThrottle(self.limiter)
        desk = SignInDesk(self.passwords, throttle, Admission(database))
        request = Request(None, database, datetime.now(UTC), address=address, desk=desk)
        try:
            made = await sign_in(request, email=email, password=password, device_name=None, abilities=None)
        except RateLimited:
            return "limited"
        return "let in" if isinstance(made, Made) else made[0].code

    limiter: Limiter = field(default_factory=lambda: Limiter(None, LocalBuckets()))


@pytest.fixture
def desk(own: Running) -> Iterator[WatchedDesk]:
    """A desk on a database of its own."""
    desk = WatchedDesk(own)
    desk.passwords.hasher = desk.hasher
    yield desk
    desk.passwords.close()


async def test_wrong_unknown_and_without_a_password_cost_the_same_work(desk: WatchedDesk) -> None:
    async with desk.running.database.writing() as transaction:
        await transaction.execute(update(users).where(users.c.email == EMAILS[OWNER]).values(password_hash=None))
    asked = [
        (EMAILS[STUDENT], PASSWORD),
        (EMAILS[STUDENT], "wrong"),
        ("nobody@kakehashi.example", PASSWORD),
        ("nobody@kakehashi.example", "nobody"),
        (EMAILS[OWNER], PASSWORD),
        (EMAILS[OWNER], "nobody"),
        ("", ""),
    ]
    statements = desk.running.database.statements
    came = []
    for email, password in asked:
        came.append(await desk.sign_in(email, password))
        if email != EMAILS[STUDENT] or password != PASSWORD:
            assert desk.running.database.statements == statements + 1
        statements = desk.running.database.statements
    assert came == ["let in"] + ["CREDENTIALS_WRONG"] * 6
    assert len(desk.hasher.work) == len(asked)
    assert {(work.memory_cost, work.time_cost, work.parallelism) for work in desk.hasher.work} == {(19 * 1024, 2, 1)}
    assert {(work.hash_len, work.salt_len, str(work.type)) for work in desk.hasher.work} == {(32, 16, "Type.ID")}
    assert await count(desk.running.database) == 1


async def test_a_throttled_attempt_is_not_hashed_and_asks_the_database_nothing(desk: WatchedDesk) -> None:
    for _ in range(5):
        assert await desk.sign_in(EMAILS[STUDENT], "wrong") == "CREDENTIALS_WRONG"
    statements = desk.running.database.statements
    assert await desk.sign_in(EMAILS[STUDENT], PASSWORD) == "limited"
    assert (len(desk.hasher.work), desk.running.database.statements) == (5, statements)


async def test_no_more_than_1024_characters_are_hashed(desk: WatchedDesk) -> None:
    await desk.sign_in(EMAILS[STUDENT], "a" * 100_000)
    assert desk.hasher.lengths == [1024]


async def test_one_spelling_of_a_letter_is_as_good_as_another(own: Running) -> None:
    passwords = Passwords()
    composed, decomposed = "p\u00e4ssw\u00f6rt \u304c", "pa\u0308sswo\u0308rt \u304b\u3099"
    kept = passwords.hash(composed)
    assert await passwords.verify(kept, decomposed)
    assert not await passwords.verify(kept, "passwort \u304b")
    assert not await passwords.verify(None, "nobody")
    assert not await passwords.verify("not a hash", "nobody")
    passwords.close()
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
