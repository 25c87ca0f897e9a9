"""Several doors at one path, each by its own methods."""

from dataclasses import replace
from pathlib import Path

import httpx2
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response

from gateway.doors.door import Door
from gateway.doors.problems import Problem
from gateway.doors.refusing import Dialect
from gateway.doors.routes import open_doors
from schema.execution import Execution
from schema.root import Graph

DOOR = Door("one", ("GET",), "/things", (), "one", lambda _asked, _data: b"{}")


def said(problem: Problem, _accept: str) -> Response:
    """A dialect of plain text."""
    return PlainTextResponse(problem.message.upper(), problem.status, headers=problem.headers)


async def test_a_refused_method_is_told_those_of_all_doors_at_the_path_in_the_words_of_the_dialect(
    tmp_path: Path,
) -> None:
    for name in ("one", "two"):
        tmp_path.joinpath(f"{name}.graphql").write_text(f"query {name} {{ viewer {{ uid }} }}", "utf-8")
    doors = [DOOR, replace(DOOR, methods=("POST", "DELETE"), document="two")]
    app = Starlette(routes=[open_doors("/api", doors, Dialect(tmp_path, said), Execution(Graph()))])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://doors.test") as client:
        answer = await client.patch("/api/things")
        assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, HEAD, POST")
        assert answer.text == "METHOD NOT ALLOWED"
        assert (await client.get("/api/others")).text == "NOT FOUND"
        assert (await client.get("/api/documents/two")).text == "query two { viewer { uid } }"
