"""Tests that wrk sends the requests that were written down, and that its script finds answers with errors."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.load import NoLoad, find_wrk, put_load, write_requests

needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not on this machine's PATH")

Asked = tuple[str, str, str | None, bytes]


@contextmanager
def answering(answer: Callable[[Asked], bytes]) -> Iterator[tuple[str, set[Asked]]]:
    """A server of this process; gives its URL and the set of what it was asked."""
    seen: set[Asked] = set()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked = (self.command, self.path, self.headers["Authorization"], self.rfile.read(length))
            seen.add(asked)
            content = answer(asked)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815  # the library looks for this name

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


@needs_wrk
def test_the_requests_are_sent_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "requests"
    write_requests(file, {"Authorization": "Bearer a.b-c"}, ['POST /graphql {"query": "{ 橋 }"}', "GET /api?page=2"])
    with answering(lambda _: b'{"data": {}}') as (url, seen):
        load = put_load(url, file, seconds=1, connections=2, check=True)
    assert seen == {
        ("POST", "/graphql", "Bearer a.b-c", '{"query": "{ 橋 }"}'.encode()),
        ("GET", "/api?page=2", "Bearer a.b-c", b""),
    }
    assert load.errors == 0
    assert load.good >= 2
    assert load.bytes_each > len(b'{"data": {}}')


@needs_wrk
def test_an_answer_with_errors_is_found_and_shown(tmp_path: Path) -> None:
    file = tmp_path / "requests"
    write_requests(file, {}, [f"POST /{number} {{}}" for number in range(3)])
    wrong = b'{"errors": [{"message": "no"}]}'
    with answering(lambda asked: wrong if asked[1] == "/1" else b"{}") as (url, _):
        load = put_load(url, file, seconds=1, connections=1, check=True)
    assert load.bad > 0
    assert load.good > load.bad
    assert load.complaint == f"200 {wrong.decode()}"


def test_without_wrk_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoLoad, match="apt-get install wrk"):
        find_wrk()
