"""What comes of a request of the product's own: an answer, none, or that it is not made at all."""

from collections.abc import Mapping
from dataclasses import dataclass


class Refused(Exception):
    """An address that no request may go to; the message says why, in words for whoever named it."""


class Failed(Exception):
    """No whole answer came; the message says why, and names no address that was not asked for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered: headers by their names in small letters, the body as it came; `cut` where there was more."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool
