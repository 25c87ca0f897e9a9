"""Where files are kept: a folder, or any object store that obstore knows. Nothing appears there before it is whole."""

import hashlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from db.exports import File

# So much is kept in memory of a file that is being written.
PART_BYTES = 5 * 1024 * 1024
PARTS = 2
READ_BYTES = 256 * 1024
# How a folder calls what is being written beside the name that it will have.
STAGED = "*#*"
STALE_S = 86_400.0


class StoreFailed(Exception):
    """The store did not take, give or remove a file; the message is for operators."""


class Missing(StoreFailed):
    """There is no such file."""


class Kept(NamedTuple):
    """A file in the store, and when it was written."""

    name: str
    written_at: datetime


class Writing:
    """A file that is being written; `size` and `digest` are of what was written so far."""

    def __init__(self, name: str, file: "obstore.AsyncWritableFile") -> None:
        self.name = name
        self.file = file
        self.size = 0
        self.digest = hashlib.sha256()

    async def write(self, part: bytes) -> None:
        """Append to the file. Raises StoreFailed, for a full disk among other things."""
        self.size += len(part)
        self.digest.update(part)
        with failures():
            await self.file.write(part)

    def done(self) -> File:
        """What was written."""
        return File(self.name, self.size, self.digest.hexdigest())


class Store:
    """Keeps files under names; `url` says where, such as file:///FOLDER or s3://BUCKET/PREFIX.

    Object stores read their own variables of the environment, such as AWS_ENDPOINT and AWS_ACCESS_KEY_ID.
    """

    def __init__(self, url: str) -> None:
        self.folder = Path(url.removeprefix("file://")) if url.startswith("file://") else None
        self.objects: ObjectStore = (
            from_url(url) if self.folder is None else LocalStore(prefix=prepared(self.folder), mkdir=True)
        )

    @asynccontextmanager
    async def writing(self, name: str) -> AsyncIterator[Writing]:
        """A new file: it is there when the block ends, and nothing of it is where the block raises."""
        with failures():
            async with obstore.open_writer_async(
                self.objects, name, buffer_size=PART_BYTES, max_concurrency=PARTS
            ) as file:
                yield Writing(name, file)

    async def read(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes of a file from `start` up to `end`, which is none of them. Raises Missing before the first one."""
        with failures():
            found = await obstore.get_async(self.objects, name, options={"range": (start, end)})
        return parts_of(found)

    async def names(self) -> AsyncIterator[list[Kept]]:
        """All files, some at a time."""
        with failures():
            async for some in self.objects.list():
                yield [Kept(one["path"], one["last_modified"]) for one in some]

    async def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        try:
            with failures():
                await self.objects.delete_async(name)
        except Missing:
            return

    def sweep(self) -> None:
        """Remove what processes that died have left half written in a folder; object stores have rules for that."""
        for left in () if self.folder is None else self.folder.glob(STAGED):
            if left.stat().st_mtime < time.time() - STALE_S:
                left.unlink(missing_ok=True)


def prepared(folder: Path) -> Path:
    """The folder, which nobody else may look into: it holds what was exported of children."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder.absolute()


async def parts_of(found: "obstore.GetResult") -> AsyncIterator[bytes]:
    """The bytes of an answer."""
    with failures():
        async for part in found.stream(min_chunk_size=READ_BYTES):
            yield bytes(part)


@contextmanager
def failures() -> Iterator[None]:
    """Tell what the store says in words of our own."""
    try:
        yield
    except FileNotFoundError as problem:
        raise Missing(first_line(problem)) from problem
    except (BaseError, OSError) as problem:
        raise StoreFailed(first_line(problem)) from problem


def first_line(problem: Exception) -> str:
    """What a library says in its first line; behind it are its own insides."""
    return str(problem).partition("\n")[0]
