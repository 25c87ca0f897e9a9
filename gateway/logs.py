"""What a process says about itself: one JSON line per request, without addresses, tokens or personal data."""

import logging
import re
import sys
import time
import traceback

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.entrance import request_id

logger = structlog.get_logger()

QUIET = ("alembic",)
# PostgreSQL quotes the row that it did not take: "DETAIL:  Key (email)=(…) already exists."
DETAIL = re.compile(
    r"^DETAIL:.*?\n(?=HINT:|\[SQL:|\(Background|The above exception|During handling|Traceback|\Z)",
    re.MULTILINE | re.DOTALL,
)


def configure(*, readable: bool) -> None:
    """Set up logging for the process: readable lines for a person, JSON lines for a machine, all on standard error.

    Our own lines are written as bytes at once; those of libraries come through the standard library's logging.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(told),
    ]
    structlog.configure(
        processors=[*shared, structlog.dev.ConsoleRenderer() if readable else json_line],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr) if readable else line_factory,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    last = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(ensure_ascii=False)
    drop = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    library = [structlog.stdlib.add_logger_name, *shared]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=library, processors=[drop, last]))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def told(exc_info: structlog.typing.ExcInfo) -> str:
    """An exception and what led to it as a text, without what a database quotes of its rows."""
    text = "".join(traceback.format_exception(*exc_info))
    return DETAIL.sub("", text).rstrip("\n")


def json_line(_logger: object, _name: str, event: structlog.typing.EventDict) -> bytes:
    """An event as one line of JSON."""
    return orjson.dumps(event, default=str)


def line_factory(*_arguments: object) -> structlog.BytesLogger:
    """What writes a finished line."""
    return structlog.BytesLogger(sys.stderr.buffer)


class RequestLog:
    """Gives every request its id and writes one line when it is answered.

    The line names the route and not the path, because paths and queries hold ids and names of children.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and watch its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, name = time.perf_counter(), request_id(scope)
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"].append((b"x-request-id", name.encode()))
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 2)
            logger.info(
                "request", id=name, method=scope["method"], route=route_of(scope), status=status, ms=milliseconds
            )


def route_of(scope: Scope) -> str:
    """The route's own path, with its placeholders; a dash where no route was found."""
    return str(getattr(scope.get("route"), "path", "-"))
