"""Passwords: argon2id, on few threads, and as slow for people whom nobody knows as for those who are known."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's recommendation: 19 MiB, two passes, one lane. Few threads, so that a flood of attempts cannot take all memory.
MEMORY_KIB, PASSES, LANES, THREADS = 19 * 1024, 2, 1, 2
HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
LONGEST = 1024


@cache
def nobodys_hash() -> str:
    """What an unknown person's password is held against, in this process: it matches nothing, and takes as long."""
    return HASHER.hash("nobody")


class Passwords:
    """Hashes and verifies passwords without holding up the event loop; close it at the end."""

    def __init__(self) -> None:
        self.hasher = HASHER
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self.nobody = nobodys_hash()

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether this is the password; None for a person who has none, whose answer is no, and comes no sooner."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, self.holds, password_hash, password)

    def holds(self, password_hash: str | None, password: str) -> bool:
        """The same, in this thread."""
        try:
            self.hasher.verify(password_hash or self.nobody, folded(password))
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None

    def hash(self, password: str) -> str:
        """The hash of a new password; takes some ten milliseconds."""
        return self.hasher.hash(folded(password))

    def close(self) -> None:
        """Wait for what is under way."""
        self.threads.shutdown()


def folded(password: str) -> str:
    """One spelling for what keyboards write differently (RFC 8265: NFC); cut, since hashing more takes longer."""
    return unicodedata.normalize("NFC", password)[:LONGEST]


def folded_email(email: str) -> str:
    """The spelling in which an address is kept and found: width and case do not tell people apart."""
    return unicodedata.normalize("NFKC", email).strip().casefold()
