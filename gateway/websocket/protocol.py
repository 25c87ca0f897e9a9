"""The messages of graphql-transport-ws: read strictly, and written."""

from dataclasses import dataclass
from typing import TypeAlias

import orjson

from gateway.json_body import WrongBody, read_object

SUBPROTOCOL = "graphql-transport-ws"
# The protocol before it, which shares no message with it. Its clients hear why they are turned away if we agree first.
LEGACY = "graphql-ws"
# A close frame has room for 123 bytes of reason.
LONGEST_REASON = 123

BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_ACCEPTABLE = 4400, 4401, 4403, 4406
INIT_TIMEOUT, ALREADY_EXISTS, INIT_TWICE = 4408, 4409, 4429
TOO_BIG, INTERNAL, RESTART, TRY_LATER = 1009, 1011, 1012, 1013


class Closing(Exception):
    """The connection is closed: with which code, and why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:LONGEST_REASON].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Init:
    """The client says who it is."""

    authorization: str | None


@dataclass(frozen=True, slots=True)
class Ping:
    """The client asks whether anybody is there; what it sends along comes back."""

    payload: object


@dataclass(frozen=True, slots=True)
class Pong:
    """The client is there."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The client asks for an operation of any kind, under an id of its own."""

    id: str
    payload: dict[str, object]


@dataclass(frozen=True, slots=True)
class Complete:
    """The client wants no more of an operation."""

    id: str


Message: TypeAlias = Init | Ping | Pong | Subscribe | Complete


def read_message(text: str | None, most_bytes: int) -> Message:
    """A message; Closing for what is none. Binary messages are none."""
    if text is None:
        raise malformed("Messages are text.")
    body = text.encode("utf-8", errors="surrogatepass")
    if len(body) > most_bytes:
        raise Closing(TOO_BIG, f"A message has at most {most_bytes} bytes.")
    try:
        found = read_object(body)
    except WrongBody as wrong:
        raise malformed(wrong.message) from None
    return message_of(found)


def message_of(found: dict[str, object]) -> Message:
    """The message that an object is; members that are not known are ignored, as with requests over HTTP."""
    payload = found.get("payload")
    match found.get("type"):
        case "connection_init":
            return Init(authorization_in(payload))
        case "ping":
            return Ping(payload if payload is None else object_in(payload))
        case "pong":
            return Pong()
        case "subscribe":
            return Subscribe(id_in(found), object_in(payload))
        case "complete":
            return Complete(id_in(found))
    raise malformed("The type of the message is not known.")


def authorization_in(payload: object) -> str | None:
    """What connection_init says in place of the header Authorization."""
    if payload is None:
        return None
    named = {name.lower(): value for name, value in object_in(payload).items()}
    said = named.get("authorization")
    if said is not None and not isinstance(said, str):
        raise malformed("Authorization is no text.")
    return said


def object_in(payload: object) -> dict[str, object]:
    """A payload that is an object."""
    if not isinstance(payload, dict):
        raise malformed("The payload is no object.")
    return payload


def id_in(found: dict[str, object]) -> str:
    """The id of an operation."""
    id_ = found.get("id")
    if not isinstance(id_, str) or not id_:
        raise malformed("The id is missing, or no text.")
    return id_


def malformed(why: str) -> Closing:
    """A message that is none."""
    return Closing(BAD_REQUEST, f"Invalid message: {why}")


def acknowledged() -> str:
    """The client may come in."""
    return '{"type":"connection_ack"}'


def pong(payload: object) -> str:
    """Somebody is here."""
    return written({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})


def next_result(id_: str, body: bytes) -> str:
    """A result, from its finished JSON."""
    return f'{{"id":{written(id_)},"type":"next","payload":{body.decode()}}}'


def error(id_: str, errors: object) -> str:
    """The operation was refused, or ended in errors."""
    return written({"id": id_, "type": "error", "payload": errors})


def complete(id_: str) -> str:
    """The operation is done."""
    return written({"id": id_, "type": "complete"})


def written(value: object) -> str:
    """JSON."""
    return orjson.dumps(value).decode()
