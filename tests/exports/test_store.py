"""The store: a folder, and an object store that speaks S3, started by the test."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import boto3  # type: ignore[import-untyped]  # ships no annotations
import pytest
from moto.server import ThreadedMotoServer

from resolvers.exports.store import PART_BYTES, Missing, Store, StoreFailed
from tests.exports.exporting import Exports, exporting

BUCKET = "exports"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server that speaks S3, and its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store in a bucket, which is found by the variables of the environment."""
    given = {
        "ENDPOINT": s3,
        "ALLOW_HTTP": "true",
        "ACCESS_KEY_ID": "a",
        "SECRET_ACCESS_KEY": "b",
        "REGION": "us-east-1",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    boto3.client("s3", endpoint_url=s3).create_bucket(Bucket=BUCKET)
    return f"s3://{BUCKET}/{uuid4()}"


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """One of the two."""
    url = f"file://{tmp_path / 'kept'}" if request.param == "folder" else request.getfixturevalue("bucket")
    return Store(url)


async def contents(store: Store, name: str, start: int, end: int) -> bytes:
    """Some bytes of a file."""
    return b"".join([part async for part in await store.read(name, start, end)])


def files_below(folder: Path) -> list[Path]:
    """Every file in a folder, at any depth."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def names(store: Store) -> list[str]:
    """The names of all files."""
    return sorted([one.name async for some in store.names() for one in some])


async def test_a_file_is_there_when_it_is_whole(store: Store) -> None:
    part = bytes(range(256)) * 4096
    assert len(part) * 12 > 2 * PART_BYTES
    async with store.writing("1-a.csv") as writing:
        for _ in range(12):
            await writing.write(part)
        assert await names(store) == []
    file = writing.done()
    assert file == ("1-a.csv", 12 * len(part), hashlib.sha256(part * 12).hexdigest())
    assert await names(store) == ["1-a.csv"]
    assert await contents(store, "1-a.csv", 0, file.size) == part * 12
    assert await contents(store, "1-a.csv", 255, 258) == b"\xff\x00\x01"
    await store.remove("1-a.csv")
    await store.remove("1-a.csv")
    assert await names(store) == []
    with pytest.raises(Missing):
        await store.read("1-a.csv", 0, 1)


async def test_nothing_is_there_of_what_was_broken_off(store: Store, tmp_path: Path) -> None:
    async def break_off() -> None:
        async with store.writing("1-a.csv") as writing:
            await writing.write(bytes(3 * PART_BYTES))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    assert await names(store) == []
    assert files_below(tmp_path) == []


async def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path / 'kept'}")
    (tmp_path / "kept").rmdir()
    (tmp_path / "kept").write_text("a file where the folder was")

    async def write() -> None:
        async with store.writing("1-a.csv") as writing:
            await writing.write(b"x")

    with pytest.raises(StoreFailed):
        await write()


def test_nobody_else_may_look_into_the_folder(tmp_path: Path) -> None:
    Store(f"file://{tmp_path / 'deep' / 'kept'}")
    assert (tmp_path / "deep" / "kept").stat().st_mode & 0o777 == 0o700


@pytest.fixture
async def in_bucket(url: str, folder: Path, bucket: str) -> AsyncIterator[Exports]:
    """An app and a worker that keep files in an object store."""
    async with exporting(url, folder, store=bucket) as started:
        yield started


async def test_an_export_goes_by_way_of_an_object_store(in_bucket: Exports) -> None:
    number = await in_bucket.asked("activity")
    done = await in_bucket.finished(number)
    assert done["status"] == "completed"
    content = (await in_bucket.fetched(number)).content
    assert (len(content), hashlib.sha256(content).hexdigest()) == (done["file_size"], done["sha256"])
    part = await in_bucket.fetched(number, Range="bytes=100-199")
    assert (part.status_code, part.content) == (206, content[100:200])
    assert in_bucket.files() == []
