"""A short run of the hostile requests, and that each way to fail is seen: so that `make fuzz` does not rot."""

import gc
import logging
import subprocess
import time
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.conftest import Running
from tests.fuzz.makers import SHARES
from tests.fuzz.messages import frames
from tests.fuzz.observing import Answer, Complaints, Watch, judged
from tests.fuzz.run import Fuzzing, world
from tests.fuzz.sent import Sent
from tests.fuzz.shrinking import fewer_bytes
from tests.fuzz.sockets import serving
from tests.fuzz.websockets import ended
from tests.fuzz.websockets import judged as judged_talk

SEED, REQUESTS, BY_SOCKET = 20261126, 150, 30


async def test_a_short_run_finds_nothing(own: Running) -> None:
    complaints = Complaints()
    async with world(own, SEED) as made:
        assert made.make(7) == made.make(7)
        with complaints.listening():
            report = await Fuzzing(own.app, None, SEED, complaints).run(made, range(REQUESTS))
    assert report.found == {}
    assert report.requests.keys() == SHARES.keys()
    assert report.requests.total() == REQUESTS
    statuses = Counter[int | None]()
    for (_, status), times in report.statuses.items():
        statuses[status] += times
    assert {200, 400, 401, 403, 404} <= statuses.keys()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_short_run_through_a_socket_finds_nothing(own: Running) -> None:
    complaints = Complaints()
    async with world(own, SEED) as made, serving(own.settings) as served:
        numbers = [number for number in range(1000) if (sent := made.make(number)).by_socket or sent.raw]
        with complaints.listening():
            report = await Fuzzing(own.app, served, SEED, complaints).run(made, numbers[:BY_SOCKET])
    assert report.found == {}
    assert sum(times for (_, status), times in report.statuses.items() if status is not None) > BY_SOCKET / 2


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_few_conversations_on_websockets_find_nothing(own: Running) -> None:
    complaints = Complaints()
    async with world(own, SEED) as made, serving(own.settings) as served:
        fuzzing = Fuzzing(own.app, served, SEED, complaints)
        with complaints.listening():
            report = await fuzzing.run(made, range(60), "websocket")
    assert report.found == {}
    # Some came to their end, and some were closed by a code of the protocol's.
    codes = {status for _, status in report.statuses if status is not None}
    assert 1000 in codes
    assert any(code >= 4400 for code in codes)


@pytest.mark.parametrize(
    ("answer", "sign"),
    [
        (Answer(1011), "closed with 1011"),
        (Answer(500), "closed with 500"),
        (Answer(1000, {}, b"{"), "a message that is no JSON"),
        (Answer(1000, {}, b'{"type": "data"}'), "a message of no known type"),
        (Answer(1000, {}, b'{"type": "error", "payload": [{"extensions": {"code": "INTERNAL"}}]}'), "code INTERNAL"),
        (
            Answer(None, error=TimeoutError("The connection was not closed.")),
            "raised: TimeoutError in -",
        ),
        (Answer(1000, {}, b'{"type": "pong", "payload": {"a": "asyncpg.x"}}'), "words from inside: asyncpg."),
    ],
)
def test_what_goes_wrong_on_a_websocket_is_seen(answer: Answer, sign: str) -> None:
    assert [fault.sign for fault in judged_talk(answer, b"")] == [sign]


def test_a_conversation_goes_through_the_wire_as_frames() -> None:
    said = b'{"type":"ping"}\n\x01ab\n\x00raw' + b"\n" + b"x" * 126
    assert frames(said) == (
        b'\x81\x8f\0\0\0\0{"type":"ping"}' + b"\x82\x82\0\0\0\0ab" + b"raw" + b"\x81\xfe\0\x7e\0\0\0\0" + b"x" * 126
    )
    sent = b"\x81\x02ok\x81\x7e\0\x80" + b"y" * 128 + b"\x88\x02\x03\xe8"
    answer = ended(sent)
    assert (answer.status, answer.body) == (1000, b"ok\n" + b"y" * 128)


async def raises(_request: Request) -> Response:
    """Break."""
    raise LookupError("a text that is only for us")


async def complains(_request: Request) -> Response:
    """Write an error into the log, and answer well."""
    logging.getLogger("tests.fuzz").error("Something failed.")
    return JSONResponse({})


async def warns(_request: Request) -> Response:
    """Forget to wait for something."""
    warnings.warn("coroutine was never awaited", RuntimeWarning, stacklevel=1)
    return JSONResponse({})


async def is_internal(_request: Request) -> Response:
    """Answer with an error of ours."""
    return JSONResponse({"errors": [{"message": "Internal error.", "extensions": {"code": "INTERNAL"}}]})


async def is_no_json(_request: Request) -> Response:
    """Say JSON, and give none."""
    return Response("{", media_type="application/json")


async def tells(_request: Request) -> Response:
    """Tell what is inside."""
    return Response("connect to postgresql+asyncpg://user:secret@host/name")


async def is_unavailable(_request: Request) -> Response:
    """Say that the database is away, which it is not."""
    return JSONResponse({}, 503)


async def holds(request: Request) -> Response:
    """Compute for longer than is allowed where the body says so."""
    ends = time.thread_time() + 0.12
    if b"x" in await request.body():
        while time.thread_time() < ends:
            pass
    return JSONResponse({})


@pytest.fixture
def frozen() -> Iterator[None]:
    """Keep what other tests left behind out of the collections, of which making a fault small needs many."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def test_that_billing_is_not_set_up_is_no_fault_and_any_other_503_is() -> None:
    told = b'{"message":"Billing is not configured: set KAKEHASHI_STRIPE_KEY."}'
    assert judged(Answer(503, {}, told), "POST", b"") == []
    assert [fault.sign for fault in judged(Answer(503, {}, b"{}"), "POST", b"")] == ["status 503"]


FAULTS: dict[str, Callable[[Request], Awaitable[Response]]] = {
    "raised: LookupError in test_fuzz.py:raises": raises,
    "log: Something failed.": complains,
    "warning: RuntimeWarning: coroutine was never awaited": warns,
    "code INTERNAL": is_internal,
    "no JSON": is_no_json,
    "words from inside: postgresql+": tells,
    "status 503": is_unavailable,
    "stall": holds,
}


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(("sign", "endpoint"), FAULTS.items(), ids=[one.__name__ for one in FAULTS.values()])
async def test_each_way_to_fail_is_seen_and_made_small(
    sign: str, endpoint: Callable[[Request], Awaitable[Response]]
) -> None:
    app = Starlette(routes=[Route("/fault", endpoint, methods=["POST"])])
    app.state.parts = SimpleNamespace(execution=SimpleNamespace(forget=dict))
    complaints, watch = Complaints(), Watch()
    fuzzing = Fuzzing(app, None, SEED, complaints, watch)
    with warnings.catch_warnings(), complaints.listening(), watch.measuring():
        warnings.simplefilter("always")
        await fuzzing.check(4, Sent("rest", "POST", b"/fault?a=b", ((b"A", b"b"),), b"x", chunks=2))
    (found,) = fuzzing.report.found.values()
    assert (found.fault.sign, found.number) == (sign, 4)
    assert found.small == Sent("rest", "POST", b"/fault", (), b"x" if sign == "stall" else b"")


async def test_an_answer_that_is_well_is_no_fault() -> None:
    app = Starlette(routes=[Route("/fault", holds, methods=["POST"])])
    fuzzing = Fuzzing(app, None, SEED)
    await fuzzing.check(1, Sent("rest", "POST", b"/fault", (), b"y"))
    await fuzzing.check(2, Sent("rest", "GET", b"/fault"))
    assert fuzzing.report.found == {}
    assert fuzzing.report.statuses == {("rest", 200): 1, ("rest", 405): 1}


async def test_of_many_bytes_those_stay_that_matter() -> None:
    async def fails(data: bytes) -> bool:
        return b"\xff" in data and data.count(b"[") >= 3

    assert await fewer_bytes(b"abc" * 500 + b"[[" + b"\xff" + b"x" * 999 + b"[y", fails) == b"[[\xff["


@pytest.mark.parametrize("body", [b"plain", b"100% \\n \x00\xff\r\n'\"$`", "架け橋".encode(), bytes(range(256))])
def test_a_line_for_the_terminal_says_the_same_bytes(tmp_path: Path, body: bytes) -> None:
    sent = Sent("rest", "POST", b"/api?a='%27", ((b"X-One", b"it's \xe9\t$x"),), body)
    line = sent.curl(tmp_path)
    printed = subprocess.run(["bash", "-c", line.partition(" | curl")[0]], capture_output=True, check=True)
    assert printed.stdout == body
    words = ["bash", "-c", "printf '%s\\0' " + line.partition(" | curl ")[2]]
    said = subprocess.run(words, capture_output=True, check=True, env={"LC_ALL": "C"}).stdout.split(b"\0")
    assert b"X-One: it's \xe9\t$x" in said
    assert b"http://127.0.0.1:8000/api?a='%27" in said
