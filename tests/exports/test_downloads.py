"""The file over HTTP: whole, in parts, and when there is none."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from tests.exports.exporting import EXPORTS, Exports


@pytest.fixture
async def file(made: Exports) -> tuple[int, bytes]:
    """The number of a completed export, and its bytes."""
    number = await made.asked("learner_progress")
    assert (await made.finished(number))["status"] == "completed"
    return number, (await made.fetched(number)).content


async def test_the_file_is_described(made: Exports, file: tuple[int, bytes]) -> None:
    number, content = file
    shown, answer = await made.shown(number), await made.fetched(number, **{"Accept-Encoding": "gzip"})
    digest = hashlib.sha256(content)
    assert (shown["sha256"], shown["file_size"]) == (digest.hexdigest(), len(content))
    headers = answer.headers
    assert headers["content-type"] == "text/csv; charset=utf-8; header=present"
    name = f"learner_progress-{number}.csv"
    assert headers["content-disposition"] == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    assert headers["etag"] == f'"{digest.hexdigest()}"'
    assert headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert (headers["accept-ranges"], headers["cache-control"]) == ("bytes", "private, no-cache")
    assert (headers["content-length"], "content-encoding" in headers) == (str(len(content)), False)
    assert headers["x-content-type-options"] == "nosniff"
    head = await made.owner.client.head(f"{EXPORTS}/{number}/download", headers=made.owner.to)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))


async def test_a_part_is_a_part(made: Exports, file: tuple[int, bytes]) -> None:
    number, content = file
    size = len(content)
    for asked, start, end in (
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, size),
        ("bytes=-7", size - 7, size),
        ("bytes=0-0", 0, 1),
        ("bytes=5-99999999", 5, size),
    ):
        answer = await made.fetched(number, Range=asked)
        assert (answer.status_code, answer.content) == (206, content[start:end]), asked
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert answer.headers["content-length"] == str(end - start)


async def test_what_is_no_range_or_all_of_it_gets_the_whole(made: Exports, file: tuple[int, bytes]) -> None:
    number, content = file
    for asked in ("bytes=9-1", "bytes=0-1,4-5", "items=0-1", "bytes=-", "bytes=a-b", "bytes 0-1", "bytes=-99999999"):
        answer = await made.fetched(number, Range=asked)
        assert (answer.status_code, answer.content) == (200, content), asked


async def test_a_part_that_is_not_there_is_refused(made: Exports, file: tuple[int, bytes]) -> None:
    number, content = file
    for asked in ("bytes=99999999-", "bytes=-0"):
        answer = await made.fetched(number, Range=asked)
        assert (answer.status_code, answer.content) == (416, b""), asked
        assert answer.headers["content-range"] == f"bytes */{len(content)}"


async def test_conditions(made: Exports, file: tuple[int, bytes]) -> None:
    number, content = file
    tag = (await made.fetched(number)).headers["etag"]
    known = await made.fetched(number, **{"If-None-Match": f'"other", {tag}'})
    assert (known.status_code, known.content) == (304, b"")
    same = await made.fetched(number, Range="bytes=0-3", **{"If-Range": tag})
    assert (same.status_code, same.content) == (206, content[:4])
    other = await made.fetched(number, Range="bytes=0-3", **{"If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, content)


async def test_before_there_is_a_file_it_is_409_and_after_its_time_410(idle: Exports) -> None:
    number = await idle.asked("activity")
    early = await idle.fetched(number)
    assert (early.status_code, early.json()) == (
        409,
        {"message": "The export is not completed: its status is pending."},
    )
    finished = {"finished_at": datetime.now(UTC), "expires_at": datetime.now(UTC) - timedelta(seconds=1)}
    await idle.set(number, status="completed", file_name="1-a.csv", file_size=1, sha256="00" * 32, **finished)
    late = await idle.fetched(number)
    assert (late.status_code, late.json()) == (410, {"message": "The file is not kept any more."})
    assert (await idle.shown(number))["status"] == "expired"
    # Somebody cleared the store by hand.
    await idle.set(number, expires_at=datetime.now(UTC) + timedelta(days=1))
    assert (await idle.fetched(number)).status_code == 410
    assert (await idle.owner.get(f"{EXPORTS}/999/download")).status_code == 404
    assert (await idle.owner.get(f"{EXPORTS}/x/download")).status_code == 404


async def test_a_canceled_export_has_no_file(idle: Exports) -> None:
    number = await idle.asked("activity")
    assert (await idle.owner.delete(f"{EXPORTS}/{number}")).status_code == 204
    assert (await idle.fetched(number)).json() == {"message": "The export is not completed: its status is canceled."}
