"""A request as plain data, and as a line for a terminal."""

from dataclasses import dataclass, replace
from pathlib import Path

from gateway.server import MOST_HEADERS, MOST_URL

Headers = tuple[tuple[bytes, bytes], ...]
# A longer body does not fit into a line that anyone could read.
LONGEST_LINE = 4000
BASE = "http://127.0.0.1:8000"
# In place of a method: the body is then a conversation, as tests/fuzz/messages.py has it.
WEBSOCKET = "WEBSOCKET"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request.

    `target` is path and query as they stand in the request line. `who` names the credential among the headers, for
    people to read. The body comes in `chunks` pieces; where it is `cut`, the client goes away before the last of them.
    `raw` is what goes through a socket instead, where that is hardly HTTP any more.
    """

    kind: str
    method: str
    target: bytes
    headers: Headers = ()
    body: bytes = b""
    who: str = "nobody"
    address: str = "192.0.2.1"
    chunks: int = 1
    cut: bool = False
    by_socket: bool = False
    raw: bytes = b""

    @property
    def for_socket(self) -> bool:
        """Whether it goes through a socket if there is one; what the server itself refuses never reaches the app."""
        head = sum(len(name) + len(value) for name, value in self.headers)
        by_socket = self.by_socket or bool(self.raw) or self.method == WEBSOCKET
        return by_socket or len(self.target) > MOST_URL or head > MOST_HEADERS

    def with_body(self, body: bytes) -> "Sent":
        """The same with another body."""
        return replace(self, body=body)

    def pieces(self) -> list[bytes]:
        """The body as it arrives."""
        size = max(1, -(-len(self.body) // self.chunks))
        return [self.body[start : start + size] for start in range(0, len(self.body), size)] or [b""]

    def wire(self) -> bytes:
        """The bytes that go through a socket."""
        if self.raw:
            return self.raw
        given = {name.lower() for name, _ in self.headers}
        own: Headers = () if b"host" in given else ((b"Host", b"kakehashi.test"),)
        own = (*own, (b"Content-Length", str(len(self.body)).encode()), (b"Connection", b"close"))
        lines = [b"%s: %s" % pair for pair in (*own, *self.headers)]
        return b"\r\n".join([b"%s %s HTTP/1.1" % (self.method.encode(), self.target), *lines, b"", self.body])

    def curl(self, folder: Path) -> str:
        """The request as a curl line, or what is no HTTP through netcat; a long body goes into a file of the folder."""
        if self.method == WEBSOCKET:
            headers = " ".join(self.shown(name, value) for name, value in self.headers)
            return f"a WebSocket, headers {headers or '-'}, messages {octal(self.body)}"
        if self.raw:
            return f"printf {quoted(octal(self.raw).encode())} | nc 127.0.0.1 8000"
        headers = "".join(f" -H {self.shown(name, value)}" for name, value in self.headers)
        line = f"curl -i --path-as-is -X {quoted(self.method.encode())}{headers} {quoted(BASE.encode() + self.target)}"
        if not self.body:
            return line
        if len(self.body) > LONGEST_LINE:
            file = folder / f"body-{abs(hash(self.body)):x}"
            file.write_bytes(self.body)
            return f"{line} --data-binary @{file}"
        return f"printf {quoted(octal(self.body).encode())} | {line} --data-binary @-"

    def shown(self, name: bytes, value: bytes) -> str:
        """A header as a word of bash; a person's token is made anew, since the key of the one that was sent is gone."""
        if name == b"Authorization" and self.who.startswith("auth0|"):
            return f'"Authorization: Bearer $(.venv/bin/kakehashi token {quoted(self.who.encode())})"'
        return quoted(name + b": " + value)


def octal(body: bytes) -> str:
    """Bytes as printf reads them."""
    plain = {byte: chr(byte) for byte in range(32, 127)} | {ord("%"): "%%", ord("\\"): "\\\\"}
    return "".join(plain.get(byte) or f"\\{byte:03o}" for byte in body)


def quoted(text: bytes) -> str:
    """Bytes as one word of bash."""
    if all(32 <= byte < 127 and byte != 39 for byte in text):
        return f"'{text.decode()}'"
    inner = "".join(chr(byte) if 32 <= byte < 127 and byte not in (39, 92) else f"\\x{byte:02x}" for byte in text)
    return f"$'{inner}'"
