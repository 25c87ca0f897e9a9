"""Has a conversation on a WebSocket, and judges what the server said and how it ended."""

import asyncio
import base64
import json
from collections.abc import Iterator

from gateway.websocket import protocol
from tests.fuzz.messages import CLOSE_FRAME, RAW, TEXT_FRAME, frame, frames
from tests.fuzz.observing import Answer, Fault, is_internal, told_from_inside
from tests.fuzz.sent import Headers, Sent

# So long nothing comes: then the client goes.
QUIET_S = 0.03
ENDS_WITHIN_S, CUT_AFTER_S = 10.0, 0.3
ACCEPT = b"HTTP/1.1 101 "
# How a connection may end: as we close it, as the protocol below has it, or without a word.
CODES = {
    *(1000, 1001, 1002, 1003, 1007, 1009, protocol.RESTART, protocol.TRY_LATER, protocol.BAD_REQUEST),
    *(protocol.UNAUTHORIZED, protocol.FORBIDDEN, protocol.NOT_ACCEPTABLE, protocol.INIT_TIMEOUT),
    *(protocol.ALREADY_EXISTS, protocol.INIT_TWICE),
    # What the client itself said is said back.
    4999,
}
TYPES = {"connection_ack", "pong", "next", "error", "complete"}


async def talked(port: int, sent: Sent) -> Answer:
    """What came of a conversation: the code with which the server closed, or the status that refused it.

    The body has the server's messages, a line for each; there is no status where the connection ended without a word.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            writer.write(handshake(sent))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(ACCEPT):
                return Answer(int(head.split(b" ")[1]))
            writer.write(frames(sent.body))
            received = await until_quiet(reader, QUIET_S)
            writer.write(frame(CLOSE_FRAME, (1000).to_bytes(2)))
            return ended(received + await the_rest(reader, sent))
    except (ConnectionError, asyncio.IncompleteReadError):
        return Answer()
    except TimeoutError:
        return Answer(error=TimeoutError("The connection was not closed."))
    finally:
        writer.close()


def handshake(sent: Sent) -> bytes:
    """The request that asks for a WebSocket."""
    own: Headers = (
        *((b"Host", b"kakehashi.test"), (b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")),
        (b"Sec-WebSocket-Key", base64.b64encode(b"k" * 16)),
    )
    given = {name.lower() for name, _ in sent.headers}
    lines = [b"%s: %s" % pair for pair in (*(pair for pair in own if pair[0].lower() not in given), *sent.headers)]
    return b"\r\n".join([b"GET %s HTTP/1.1" % sent.target, *lines, b"", b""])


async def the_rest(reader: asyncio.StreamReader, sent: Sent) -> bytes:
    """What comes until the server closes; behind frames that are none it may wait for more of them."""
    if RAW not in sent.body:
        return await reader.read(-1)
    try:
        return await asyncio.wait_for(reader.read(-1), CUT_AFTER_S)
    except TimeoutError:
        return b""


async def until_quiet(reader: asyncio.StreamReader, seconds: float) -> bytes:
    """What is sent until nothing more comes for a moment, or the connection ends."""
    found = b""
    while True:
        try:
            piece = await asyncio.wait_for(reader.read(65_536), seconds)
        except TimeoutError:
            return found
        if not piece:
            return found
        found += piece


def received_frames(received: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and payload of each whole frame that a server sent."""
    place = 0
    while len(received) >= place + 2:
        kind, length = received[place] & 0x0F, received[place + 1] & 0x7F
        place += 2
        for mark, size in ((126, 2), (127, 8)):
            if length == mark:
                length, place = int.from_bytes(received[place : place + size]), place + size
                break
        yield kind, received[place : place + length]
        place += length


def ended(received: bytes) -> Answer:
    """The messages, and the code of the frame that closes, if there was one."""
    texts, code = [], None
    for kind, payload in received_frames(received):
        if kind == TEXT_FRAME:
            texts.append(payload)
        elif kind == CLOSE_FRAME:
            code = int.from_bytes(payload[:2]) if payload else 1000
    return Answer(code, {}, b"\n".join(texts))


def judged(answer: Answer, sent: bytes) -> list[Fault]:
    """What is wrong with how a conversation went; `sent` is all that was sent, which may be told back."""
    if answer.error is not None:
        return [Fault(f"raised: {type(answer.error).__name__} in -", str(answer.error))]
    if answer.status is None:
        return []
    if answer.status not in CODES and not 400 <= answer.status < 500:
        return [Fault(f"closed with {answer.status}", answer.body[-2000:].decode("utf-8", "replace"))]
    found = told_from_inside(answer.body, sent)
    return found + [fault for line in answer.body.split(b"\n") if line for fault in judged_message(line)]


def judged_message(line: bytes) -> list[Fault]:
    """What is wrong with one message of the server's."""
    try:
        said = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        return [Fault("a message that is no JSON", f"{error}: {line[:2000]!r}")]
    if not isinstance(said, dict) or said.get("type") not in TYPES:
        return [Fault("a message of no known type", line[:2000].decode())]
    payload = said.get("payload")
    if is_internal({"errors": payload} if said["type"] == "error" else payload):
        return [Fault("code INTERNAL", line[:2000].decode())]
    return []
