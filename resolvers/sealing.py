"""Secrets of others, such as those that sign webhooks, are kept sealed: a copy of the database gives none away."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from resolvers.secret_files import kept

FILE_NAME = "sealing-key"
# What was opened last stays open, because whoever delivers needs it again for each delivery.
REMEMBERED = 1000


class WrongSeal(Exception):
    """What was sealed was sealed by a key that is not among ours."""


class Sealer:
    """Seals texts with the first of its keys, and opens what any of them sealed: so keys can be changed.

    A key is 32 bytes in URL-safe base64, as `Fernet.generate_key` makes them; ValueError for one that is not.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = MultiFernet([Fernet(key) for key in keys])
        self.remembered = lru_cache(maxsize=REMEMBERED)(self.keys.decrypt)

    @classmethod
    def of_folder(cls, folder: Path) -> "Sealer":
        """The sealer of a development machine, whose key is kept in its data folder."""
        return cls([kept(folder / FILE_NAME, Fernet.generate_key).decode("ascii")])

    def seal(self, text: str) -> bytes:
        """A text, sealed."""
        return self.keys.encrypt(text.encode())

    def opened(self, sealed: bytes) -> str:
        """The text that was sealed; WrongSeal where none of our keys did it."""
        try:
            return self.remembered(sealed).decode()
        except InvalidToken:
            raise WrongSeal("This was sealed with a key that KAKEHASHI_SEALING_KEYS does not have.") from None
