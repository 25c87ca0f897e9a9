"""Signing in with email and password (POST /api/auth/sign-in): attempts are counted, and all take the same time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from db.sign_in import Account, account_with
from db.sso.closed import closed_by
from resolvers.abilities import EVERY_ABILITY
from resolvers.accounts import EVERY_PRIVILEGE, Admission, Claimed
from resolvers.api_tokens import Made, ability_mistakes, made, name_mistakes
from resolvers.context import Request, Viewer
from resolvers.errors import Mistake
from resolvers.passwords import Passwords, folded_email
from resolvers.text import text

GOOD_FOR = timedelta(days=30)
UNNAMED = "sign-in"
CLOSED = Mistake(
    ("email",), "SSO_REQUIRED", "Your organization signs in by its identity provider, and not by password."
)
LONGEST_EMAIL = 254


class Throttle(Protocol):
    """Counts attempts to sign in."""

    async def attempt(self, email: str, address: str) -> None:
        """Count one; raises RateLimited where there were too many, SignInClosed where they cannot be counted."""

    async def succeeded(self, email: str) -> None:
        """Forget the failures of an account, since its owner is here."""


class SignInDesk:
    """Where people sign in."""

    def __init__(self, passwords: Passwords, throttle: Throttle, admission: Admission) -> None:
        self.passwords = passwords
        self.throttle = throttle
        self.admission = admission

    async def account(self, request: Request, *, email: str, password: str) -> Account | None:
        """The account whose email and password these are; None for wrong ones.

        An unknown address, an account without a password and a wrong password are alike in answer and time.
        """
        known_as = folded_email(text(email))[:LONGEST_EMAIL]
        await self.throttle.attempt(known_as, request.address)
        account = await account_with(request.database, known_as)
        right = await self.passwords.verify(account and account.password_hash, password)
        if account is None or not right:
            return None
        await self.throttle.succeeded(known_as)
        return account

    async def viewer(self, uid: str, now: datetime) -> Viewer:
        """The person of an account; refused who is locked or outside of the period of use."""
        return await self.admission.viewer(Claimed(uid, EVERY_PRIVILEGE, None), now)


async def sign_in(
    request: Request, *, email: str, password: str, device_name: str | None, abilities: Sequence[str] | None
) -> Made | list[Mistake]:
    """A token for the person with this email and password, good for 30 days; or what to mend.

    RateLimited after too many attempts, SignInClosed while they cannot be counted, Forbidden for who may not come in.
    """
    if request.desk is None:
        raise TypeError("There is nowhere to sign in.")
    wanted = list(dict.fromkeys([EVERY_ABILITY] if abilities is None else abilities))
    name = UNNAMED if device_name is None else device_name
    if mistakes := [*name_mistakes(name, field="deviceName"), *ability_mistakes(wanted)]:
        return mistakes
    account = await request.desk.account(request, email=email, password=password)
    if account is None:
        return [Mistake(("email",), "CREDENTIALS_WRONG", "These credentials do not match our records.")]
    if await is_closed(request, account, email):
        return [CLOSED]
    viewer = await request.desk.viewer(account.uid, request.now)
    async with request.writing() as transaction:
        token = await made(transaction, account.id, text(name), wanted, request.now + GOOD_FOR, request.now)
    # The rest of this request is the signed-in person's, so that the answer can show who that is.
    granted = None if EVERY_ABILITY in wanted else frozenset(wanted)
    request.enter(replace(viewer, token_id=token.id, abilities=granted))
    return token


async def is_closed(request: Request, account: Account, email: str) -> bool:
    """Whether the organization lets this person in by single sign-on alone; asked only of who knows the password."""
    domain = folded_email(text(email)).rpartition("@")[2]
    asked = {"user": account.id, "domain": domain, "now": request.now}
    return await closed_by(request.database, asked) is not None
