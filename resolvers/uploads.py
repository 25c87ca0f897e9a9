"""A file that a request brings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """The bytes of a file; `charset` is what its sender says of them."""

    content: bytes
    charset: str | None = None
