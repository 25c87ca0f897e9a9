"""Asks the app by calling it, as its server does."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from tests.fuzz.observing import Answer
from tests.fuzz.sent import Sent

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


def scope_of(sent: Sent) -> Scope:
    """The scope that uvicorn makes of a request."""
    path, _, query = sent.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": unquote(path.decode("ascii", "replace")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in sent.headers],
        "client": (sent.address, 4711),
        "server": ("127.0.0.1", 8000),
    }


async def ask(app: App, sent: Sent) -> Answer:
    """The app's answer; an exception that leaves it stands in there."""
    pieces = sent.pieces()
    arriving = pieces[:-1] if sent.cut else pieces
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": place + 1 < len(pieces)}
        for place, piece in enumerate(arriving)
    ]
    answered: list[Message] = []

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        if not sent.cut:
            await asyncio.get_running_loop().create_future()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answered.append(message)

    try:
        await app(scope_of(sent), receive, send)
    except Exception as error:  # noqa: BLE001  # whatever leaves the app is what is looked for
        return Answer(error=error)
    return answer_of(answered)


def answer_of(messages: list[Message]) -> Answer:
    """The answer in the app's messages."""
    if not messages:
        return Answer(error=RuntimeError("The app answered nothing."))
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Answer(int(messages[0]["status"]), dict(messages[0]["headers"]), body)
