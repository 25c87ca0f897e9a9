"""What is said on a WebSocket: messages of graphql-transport-ws in any order, and frames that are hardly any.

A conversation is one text of bytes, so that it can be mutated and made small as a body is: a line for each message. A
line that begins with `RAW` is bytes for the wire as they are, one that begins with `BINARY` a binary message.
"""

import random
from collections.abc import Callable, Mapping

from gateway.subscriptions.limits import Limits
from tests.fuzz import bodies, oddities
from tests.fuzz.documents import Documents

RAW, BINARY = b"\x00", b"\x01"
TEXT_FRAME, BINARY_FRAME, CLOSE_FRAME, PING_FRAME = 1, 2, 8, 9
MASK = b"\x00\x00\x00\x00"
IDS = (*"1234567890" * 3, "", 7, None, "\u0000", "x" * 5000)
MOST_MESSAGE = Limits().message_bytes


def conversation(dice: random.Random, documents: Documents, token: str) -> bytes:
    """Some messages, mostly begun as the protocol wants it."""
    said = [] if dice.random() < 0.05 else [init(dice, token)]
    said += [dice.choice(SAYINGS)(dice, documents) for _ in range(dice.choice((1, 1, 2, 3, 6)))]
    if dice.random() < 0.1:
        said.insert(dice.randrange(len(said) + 1), init(dice, token))
    if dice.random() < 0.1:
        place = dice.randrange(len(said))
        said[place] = bodies.mutated(dice, said[place])
    return b"\n".join(line if line[:1] == RAW else line.replace(b"\n", b" ") for line in said)


def init(dice: random.Random, token: str) -> bytes:
    """Who comes, mostly said where clients say it."""
    payloads: tuple[object, ...] = (
        *({"Authorization": f"Bearer {token}"},) * 50,
        *(None, {}, {"authorization": "Bearer x"}, {"Authorization": 1}, [], "x", {"Authorization": "x" * 9000}),
    )
    return message(dice, {"type": "connection_init", "payload": dice.choice(payloads)})


def subscribe(dice: random.Random, documents: Documents) -> bytes:
    """An operation of any kind."""
    makers: tuple[Callable[[random.Random], Mapping[str, object]], ...] = (
        *(documents.valid, documents.field, documents.mutated, documents.harmful),
        *(lambda dice: documents.field(dice, "Subscription"),) * 4,
    )
    payload = dice.choice(makers)(dice) if dice.random() < 0.95 else oddities.value(dice)
    return message(dice, {"id": dice.choice(IDS), "type": "subscribe", "payload": payload})


def other(dice: random.Random, _documents: Documents) -> bytes:
    """A message that asks for nothing, or is none."""
    kinds: tuple[object, ...] = (
        *("ping", "ping", "pong", "pong", "complete", "complete", "complete", "complete"),
        *("next", "connection_ack", "", 1, None, "start"),
    )
    made: dict[str, object] = {"type": dice.choice(kinds)}
    if dice.random() < 0.6:
        made["id"] = dice.choice(IDS)
    if dice.random() < 0.4:
        made["payload"] = oddities.value(dice)
    return message(dice, made)


def message(dice: random.Random, made: Mapping[str, object]) -> bytes:
    """A message as JSON."""
    return oddities.encoded(dice, made)


def large(dice: random.Random, _documents: Documents) -> bytes:
    """As long as is allowed, or longer."""
    size = dice.choice((MOST_MESSAGE - 1, MOST_MESSAGE, MOST_MESSAGE + 1, 2 * MOST_MESSAGE))
    unit = dice.choice(bodies.UNITS).replace(b"\n", b" ")
    return (b'{"type":"ping","payload":{"a":"' + unit * size)[:size]


def binary(dice: random.Random, _documents: Documents) -> bytes:
    """A binary message."""
    return BINARY + oddities.octets(dice).replace(b"\n", b"")


def hardly_a_frame(dice: random.Random, _documents: Documents) -> bytes:
    """A frame that breaks a rule of RFC 6455, or begins what does not go on."""
    text = b'{"type":"ping"}'
    lies: tuple[bytes, ...] = (
        bytes([0x80 | TEXT_FRAME, len(text)]) + text,
        frame(TEXT_FRAME, text, first=0xF0),
        frame(0x3, text),
        frame(0xB, text),
        frame(0x0, text),
        frame(TEXT_FRAME, text[:5], first=0x00) + frame(TEXT_FRAME, text),
        frame(TEXT_FRAME, text[:5], first=0x00) + frame(0x0, text[5:]),
        frame(TEXT_FRAME, b"\xff\xfe\xed\xa0\x80"),
        frame(TEXT_FRAME, text, first=0x00),
        frame(PING_FRAME, b"x" * 126),
        frame(PING_FRAME, b"x" * 125) * 50,
        frame(PING_FRAME, b"x", first=0x00),
        frame(CLOSE_FRAME, b"\x00"),
        frame(CLOSE_FRAME, (999).to_bytes(2)),
        frame(CLOSE_FRAME, (4999).to_bytes(2) + b"x" * 123),
        frame(CLOSE_FRAME, (1000).to_bytes(2) + b"\xff"),
        frame(CLOSE_FRAME, b"") + frame(TEXT_FRAME, text),
        bytes([0x80 | TEXT_FRAME, 0x80 | 127]) + (2**63 - 1).to_bytes(8) + MASK,
        bytes([0x80 | TEXT_FRAME, 0x80 | 127]) + b"\xff" * 8 + MASK,
        bytes([0x80 | BINARY_FRAME, 0x80 | 126]) + (3).to_bytes(2) + MASK + b"abc",
        oddities.octets(dice, 200),
    )
    # A line ends a message.
    return RAW + dice.choice(lies).replace(b"\n", b"\r")


SAYINGS: tuple[Callable[[random.Random, Documents], bytes], ...] = (
    *(*(subscribe,) * 30, *(other,) * 10, large, binary, hardly_a_frame),
)


def frame(kind: int, payload: bytes, *, first: int = 0x80) -> bytes:
    """A frame of RFC 6455 as clients send it, masked with nothing; `first` are its four first bits."""
    length = len(payload)
    if length < 126:
        size = bytes([0x80 | length])
    elif length < 2**16:
        size = bytes([0x80 | 126]) + length.to_bytes(2)
    else:
        size = bytes([0x80 | 127]) + length.to_bytes(8)
    return bytes([first | kind]) + size + MASK + payload


def frames(said: bytes) -> bytes:
    """A conversation as it goes through the wire."""
    found = b""
    for line in said.split(b"\n"):
        if line[:1] == RAW:
            found += line[1:]
        elif line[:1] == BINARY:
            found += frame(BINARY_FRAME, line[1:])
        else:
            found += frame(TEXT_FRAME, line)
    return found
