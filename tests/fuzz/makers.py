"""Which requests are made, how often, and with which headers; each of the seed and its own number alone."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from graphql import GraphQLSchema

from tests.engine.rows import Rows
from tests.fuzz import bodies, oddities
from tests.fuzz.documents import Documents
from tests.fuzz.doors import METHODS, Doors, known_in, other_target
from tests.fuzz.messages import conversation
from tests.fuzz.people import People
from tests.fuzz.sent import WEBSOCKET, Headers, Sent

JSON: tuple[bytes, bytes] = (b"Content-Type", b"application/json")
PREFLIGHT: tuple[bytes, bytes] = (b"GraphQL-Require-Preflight", b"1")
# Of all requests, so many go through a socket; of these, so many are hardly HTTP.
BY_SOCKET, RAW = 0.08, 0.2
ODD_HEADERS: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (
        b"Accept",
        (
            *(
                b"application/json",
                b"application/graphql-response+json",
                b"application/problem+json",
                b"text/html",
                b"",
            ),
            *(
                b"*/*;q=0",
                b"a/b;q=1e9",
                b"application/json;q=0.5,*/*;q=\xb2",
                b"," * 5000,
                b"*/*;q=0.1," * 4000,
                b"\xff\xfe",
            ),
            *(b";;;===", b"application/json;" + b"a=b;" * 5000),
        ),
    ),
    (
        b"Content-Type",
        (
            *(
                b"text/plain",
                b"application/x-www-form-urlencoded",
                b"multipart/form-data; boundary=x",
                b"",
                b";",
                b"\xff",
            ),
            *(
                b"application/json; charset=utf-16",
                b'APPLICATION/JSON;charset="UTF-8"',
                b"application/json;charset=utf8",
            ),
            *(b"application/json; charset=" + b"x" * 9000, b"application/graphql", b"application/json+x"),
        ),
    ),
    (b"If-None-Match", (b"*", b'W/"x"', b'"', b"," * 9000, b"\xff\x00", b'W/"' + b"a" * 32 + b'", *')),
    (b"Idempotency-Key", (b"one", b"two", b"", b"a" * 255, b"a" * 256, b"\xe9\xff", b"\x01", b"a b", "鍵".encode())),
    (b"Accept-Encoding", (b"gzip", b"gzip;q=0", b"br, gzip", b"\xff", b"identity;q=0, *;q=0")),
    (
        b"Host",
        (
            *(b"[", b"[::1", b"a:b:c", b"", b"a/b?c#d", b"\xff\xfe", b"a b", b"x" * 9000, b"]:80", b"a:99999999"),
            *(b"@", b"[v1.x]"),
        ),
    ),
    (b"X-Forwarded-For", (b"127.0.0.1", b"::", b"x" * 3000)),
    (b"X-Forwarded-Host", (b"[", b"evil.example")),
    (b"X-HTTP-Method-Override", (b"DELETE",)),
    (b"Expect", (b"100-continue", b"x")),
    (b"Range", (b"bytes=0-0", b"bytes=-1", b"bytes=9-1,0-", b"bytes=" + b"0-1," * 3000)),
    (b"If-Modified-Since", (b"x", b"Thu, 01 Jan 1970 00:00:00 GMT", b"9" * 999)),
    (b"Cookie", (b"a=b", b"=" * 5000, b"\xff")),
    (b"Origin", (b"https://evil.example", b"null")),
    (b"traceparent", (b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-00", b"x")),
    (b"X-Request-Id", (b"x" * 5000, b"\xff\n", b"a\r\nb: c")),
    (b"Upgrade", (b"websocket", b"h2c")),
)


@dataclass(frozen=True, slots=True)
class Makers:
    """Makes the requests of one seed."""

    seed: int
    people: People
    documents: Documents
    doors: Doors

    def make(self, number: int, only: str | None = None) -> Sent:
        """The request of a number, of any kind or of one only."""
        dice = random.Random(f"{self.seed}:{number}")
        kind = only or dice.choices(list(SHARES), list(SHARES.values()))[0]
        sent = KINDS[kind](self, dice)
        who, headers = self.people.credential(dice)
        # Nobody meets the limit of an address, but for a few who share one.
        address = "192.0.2.1" if dice.random() < 0.02 else f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        # On a WebSocket who comes is mostly said by its first message.
        named = headers if sent.method != WEBSOCKET or dice.random() < 0.2 else ()
        sent = replace(sent, kind=kind, who=who, headers=(*sent.headers, *named), address=address)
        return disturbed(dice, sent)

    def graph(self, dice: random.Random, request: dict[str, object]) -> Sent:
        """A GraphQL request as it is mostly sent."""
        return Sent("", "POST", b"/graphql", (JSON,), oddities.encoded(dice, request))

    def valid(self, dice: random.Random) -> Sent:
        """A valid query."""
        return self.graph(dice, self.documents.valid(dice))

    def fields(self, dice: random.Random) -> Sent:
        """A root field with values that are mostly good; half of them change something."""
        return self.graph(dice, self.documents.field(dice))

    def mutated(self, dice: random.Random) -> Sent:
        """A mutated document, or mutated variables."""
        return self.graph(dice, self.documents.mutated(dice))

    def harmful(self, dice: random.Random) -> Sent:
        """A shape that is meant to harm."""
        return self.graph(dice, self.documents.harmful(dice))

    def bytes(self, dice: random.Random) -> Sent:
        """The mutated body of a GraphQL request or of a door."""
        sent = self.fields(dice) if dice.random() < 0.6 else self.posted(dice)
        return sent.with_body(bodies.mutated(dice, sent.body))

    def posted(self, dice: random.Random) -> Sent:
        """What is asked of a door that reads a body."""
        while not (sent := self.rest(dice)).body:
            pass
        return sent

    def rest(self, dice: random.Random) -> Sent:
        """What is asked of a door."""
        method, target, body = self.doors.asked(dice)
        if body is None:
            return Sent("", method, target)
        once = ((b"Idempotency-Key", str(dice.randrange(50)).encode()),) if dice.random() < 0.4 else ()
        return Sent("", method, target, (JSON, *once), oddities.encoded(dice, body))

    def http(self, dice: random.Random) -> Sent:
        """/graphql by GET, with everything in the query string, or by another method."""
        request = dice.choice((self.documents.valid, self.documents.field, self.documents.mutated))(dice)
        given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in request.items()}
        query = urlencode(given, errors="replace").encode()
        if dice.random() < 0.3:
            query = bodies.mutated(dice, query)
            query = bytes(byte for byte in query if byte > 32)[:20_000]
        method = "GET" if dice.random() < 0.8 else dice.choice(METHODS)
        return Sent("", method, b"/graphql?" + query, (PREFLIGHT,) if dice.random() < 0.8 else ())

    def websocket(self, dice: random.Random) -> Sent:
        """A conversation on a WebSocket."""
        protocols = (b"graphql-transport-ws",) * 60 + (
            b"graphql-ws",
            b"graphql-ws, graphql-transport-ws",
            b"",
            b"\xff,",
        )
        versions = (b"13",) * 100 + (b"8", b"x", b"")
        offered = (
            (b"Sec-WebSocket-Protocol", dice.choice(protocols)),
            (b"Sec-WebSocket-Version", dice.choice(versions)),
        )
        token = dice.choice([*self.people.signed.values(), *self.people.opaque.values()])
        return Sent("", WEBSOCKET, b"/graphql", offered, conversation(dice, self.documents, token))

    def elsewhere(self, dice: random.Random) -> Sent:
        """A path that is no door, or hardly one."""
        return Sent("", dice.choice(("GET", "GET", "GET", *METHODS)), other_target(dice))


def disturbed(dice: random.Random, sent: Sent) -> Sent:
    """The request with odd headers, in pieces, cut off, or as bytes that are hardly HTTP."""
    if dice.random() < (0.05 if sent.method == WEBSOCKET else 0.25):
        sent = replace(sent, headers=(*without_one(dice, sent.headers), *odd_headers(dice)))
    if sent.method == WEBSOCKET:
        return sent
    if sent.body and dice.random() < 0.2:
        sent = replace(sent, chunks=dice.choice((2, 3, 17)), cut=dice.random() < 0.3)
    if dice.random() < BY_SOCKET * RAW:
        return replace(sent, raw=hardly_http(dice, sent))
    return replace(sent, by_socket=dice.random() < BY_SOCKET)


def without_one(dice: random.Random, headers: Headers) -> Headers:
    """The headers, or all but one of them."""
    if not headers or dice.random() < 0.6:
        return headers
    gone = dice.randrange(len(headers))
    return tuple(pair for place, pair in enumerate(headers) if place != gone)


def odd_headers(dice: random.Random) -> Headers:
    """One to three odd headers."""
    found: list[tuple[bytes, bytes]] = []
    for _ in range(dice.choice((1, 1, 2, 3))):
        name, values = dice.choice(ODD_HEADERS[:6]) if dice.random() < 0.7 else dice.choice(ODD_HEADERS)
        found.append((name, dice.choice(values)))
    return tuple(found)


def hardly_http(dice: random.Random, sent: Sent) -> bytes:
    """A request whose head is wrong: lengths that are lies, two framings, or mutated bytes."""
    wire = replace(sent, raw=b"").wire()
    head, _, body = wire.partition(b"\r\n\r\n")
    lies: tuple[Callable[[], bytes], ...] = (
        lambda: head.replace(b"Content-Length: ", b"Content-Length: 9") + b"\r\n\r\n" + body,
        lambda: head.replace(b"Content-Length: ", b"Content-Length: -") + b"\r\n\r\n" + body,
        lambda: head + b"\r\nContent-Length: 1\r\n\r\n" + body,
        lambda: head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + body,
        lambda: (
            head.replace(b"Content-Length", b"X-Length")
            + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunked(dice, body)
        ),
        lambda: wire + wire,
        lambda: wire[: dice.randrange(len(wire))],
        lambda: bodies.mutated(dice, head) + b"\r\n\r\n" + body,
        lambda: oddities.octets(dice, 500),
        lambda: (
            head.replace(b"HTTP/1.1", dice.choice((b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/9.9", b"")))
            + b"\r\n\r\n"
        ),
        lambda: head + b"\r\n folded: 1\r\nA\0: b\r\n\r\n" + body,
    )
    return dice.choice(lies)()


def chunked(dice: random.Random, body: bytes) -> bytes:
    """A body in chunks, some of whose sizes are none."""
    size = dice.choice((b"%x" % len(body), b"%x" % len(body), b"-1", b"fffffffffffffffff", b"zz", b"0"))
    return size + b"\r\n" + body + b"\r\n0\r\n\r\n"


KINDS: dict[str, Callable[[Makers, random.Random], Sent]] = {
    "valid": Makers.valid,
    "fields": Makers.fields,
    "mutated": Makers.mutated,
    "harmful": Makers.harmful,
    "bytes": Makers.bytes,
    "rest": Makers.rest,
    "http": Makers.http,
    "elsewhere": Makers.elsewhere,
    "websocket": Makers.websocket,
}
SHARES = {
    "valid": 9,
    "fields": 14,
    "mutated": 14,
    "harmful": 7,
    "bytes": 18,
    "rest": 28,
    "http": 6,
    "elsewhere": 4,
    "websocket": 4,
}


def makers(seed: int, people: People, graph: GraphQLSchema, rows: Rows) -> Makers:
    """The makers of a seed, over the rows of a database."""
    known = known_in(rows)
    return Makers(seed, people, Documents(graph, rows, known), Doors(known))
