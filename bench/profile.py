"""`python -m bench.profile Q1`: where the server's CPU goes, stage by stage and function by function, without HTTP."""

import argparse
import asyncio
import cProfile
import pstats
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette

from bench.database import measured_database
from bench.documents import QUESTIONS, REACHED, Question, Variables
from bench.product import Product, close_product, open_product
from gateway.app import make_app
from gateway.development_tokens import token_for
from gateway.logs import RequestLog, configure
from gateway.parts import Parts
from gateway.settings import Settings

Message = MutableMapping[str, Any]
Call = Callable[[Variables], Awaitable[object]]

BODIES = 60
WARM = 10
TURNS = 5
SHOWN = 25


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a request: the medians of its CPU in this process, and of its time on the clock, in microseconds."""

    name: str
    cpu: float
    clock: float


class Requests:
    """Sends requests straight into the application, as uvicorn would after parsing them."""

    def __init__(self, app: Starlette, question: Question, token: str) -> None:
        self.app = app
        self.question = question
        self.token = token

    async def whole(self, variables: Variables) -> None:
        """One request from its scope to the end of its answer; RuntimeError where that is no good one."""
        await self.into(self.app, variables)

    async def into(self, app: Callable[..., Awaitable[None]], variables: Variables) -> None:
        """Send one request into an application."""
        statuses: list[int] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": self.question.body(variables).encode(), "more_body": False}

        async def send(message: Message) -> None:
            statuses.append(message.get("status", 200))

        await app(self.scope(), receive, send)
        if statuses[0] != 200:
            raise RuntimeError(f"{self.question.name} {variables} is answered with {statuses[0]}.")

    def scope(self) -> Message:
        """The scope of a request as uvicorn makes it."""
        headers = [
            (b"host", b"127.0.0.1:8000"),
            (b"content-type", b"application/json"),
            (b"authorization", f"Bearer {self.token}".encode()),
        ]
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "root_path": "",
            "query_string": b"",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }


async def silent(_scope: Message, _receive: object, send: Callable[[Message], Awaitable[None]]) -> None:
    """An application that answers nothing much, to measure what stands around it."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def stages(requests: Requests, parts: Parts, product: Product) -> list[Stage]:
    """The whole request, and its parts on their own."""
    question, log = requests.question, RequestLog(silent)
    bodies = question.variables(product.viewer.uid, bodies=BODIES)
    sent = {str(each): await product.statement(question, each) for each in bodies}

    async def statement(variables: Variables) -> None:
        one = sent[str(variables)]
        await parts.database.graph.fetch(one.sql, one.values, one.sight)

    calls: dict[str, Call] = {
        "whole request": requests.whole,
        "token and admission": lambda _: parts.entrance.request(requests.scope()),
        "  the token alone": lambda _: parts.entrance.tokens.claims(requests.token),
        "the graph, to bytes": lambda variables: product.answer(question, variables),
        "  its statement alone": statement,
        "the line in the log": lambda variables: requests.into(log, variables),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    # A stage runs many times in a row, as under load; all stages take turns, so that they share good and bad times.
    for _ in range(TURNS):
        for name, call in calls.items():
            found = [await timed(call, variables) for variables in bodies]
            times[name] += found[WARM:]
    return [Stage(name, *map(statistics.median, zip(*found, strict=True))) for name, found in times.items()]


async def timed(call: Call, variables: Variables) -> tuple[float, float]:
    """The microseconds of CPU and on the clock that a call takes."""
    used, started = time.process_time_ns(), time.perf_counter_ns()
    await call(variables)
    return (time.process_time_ns() - used) / 1000, (time.perf_counter_ns() - started) / 1000


async def profiled(requests: Requests, uid: str) -> cProfile.Profile:
    """The profile of whole requests."""
    profile = cProfile.Profile()
    with profile:
        for variables in requests.question.variables(uid, bodies=BODIES):
            await requests.whole(variables)
    return profile


async def looked_into(question: Question, url: str, uid: str, folder: Path) -> tuple[list[Stage], cProfile.Profile]:
    """Start the application in this process, and measure."""
    settings = Settings(database_url=url, data_dir=folder)
    with (folder / "log").open("w") as log, redirect_stderr(log):
        configure(readable=False)
        app, product = make_app(settings), await open_product(url, uid)
        async with app.router.lifespan_context(app):
            parts: Parts = app.state.parts
            token = await token_for(settings, parts.database, uid, hours=1)
            requests = Requests(app, question, token)
            found = await stages(requests, parts, product)
            profile = await profiled(requests, uid)
        await close_product(product)
    return found, profile


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("questions", nargs="*", default=list(QUESTIONS), help="Q1 to Q4; all unless told")
    parser.add_argument("--uid", choices=list(REACHED), default="auth0|bench-owner", help="who asks (%(default)s)")
    parser.add_argument("--short", action="store_true", help="only the stages, without the functions")
    given = parser.parse_args()
    with measured_database() as url, tempfile.TemporaryDirectory(prefix="kakehashi-bench-") as folder:
        for name in given.questions:
            question = QUESTIONS[name.upper()]
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                found, profile = runner.run(looked_into(question, url, given.uid, Path(folder)))
            drawn = Table("stage", "CPU µs", "clock µs", title=f"{question.name}, {question.title}")
            for stage in found:
                drawn.add_row(stage.name, f"{stage.cpu:,.0f}", f"{stage.clock:,.0f}")
            Console().print(drawn)
            if not given.short:
                pstats.Stats(profile).sort_stats("tottime").print_stats(SHOWN)


if __name__ == "__main__":
    main()
