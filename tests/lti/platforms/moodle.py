"""Moodle, played from what was recorded of it (tests/lti/recorded): its launch, and its services with their whims."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

RECORDED = Path(__file__).parents[1] / "recorded"
KID = "5f3a9c1d7e2b4a6f8d0c"
HTML = "text/html; charset=utf-8"
# By what somebody is, what Moodle says of them.
ROLES = {
    "student": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    "teacher": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
}


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    content_type: str = HTML
    body: bytes = b""
    link: str | None = None


@dataclass
class Moodle:
    """A Moodle and the tool that it launches. `scores` are those that it took, `told` all that came and what it got."""

    tool: str
    url: str = ""
    # Lists are given in pages of so many, where that is set.
    page: int | None = None
    # Whether it posts an error to the tool in place of a token.
    error: str | None = None
    role: str = "student"
    # Whether the link has a line of its own, and whether something is to be chosen instead of it.
    has_line: bool = True
    chooses: bool = False
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    # What was chosen.
    chosen: list[dict[str, Any]] = field(default_factory=list)
    # What was asked, as method, path and query, and media type.
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)

    def recorded(self, name: str) -> dict[str, Any]:
        """A recording, with the addresses of this Moodle and its tool."""
        text = (RECORDED / f"moodle_{name}.json").read_text("utf-8")
        found: dict[str, Any] = json.loads(text.replace("{moodle}", self.url).replace("{tool}", self.tool))
        return found

    @property
    def registration(self) -> dict[str, str]:
        """What a tool must know of it."""
        launch = self.recorded("launch")
        return {
            "issuer": self.url,
            "client_id": launch["client_id"],
            "deployment_id": launch["deployment_id"],
            "oidc_callback": f"{self.url}/mod/lti/auth.php",
            "token_url": f"{self.url}/mod/lti/token.php",
            "keyset_url": f"{self.url}/mod/lti/certs.php",
        }

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """What Moodle answers."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        media = headers.get("accept" if method == "GET" else "content-type")
        self.asked.append((method, target, media))
        services = self.recorded("services")
        if parts.path == "/launch":
            return self.begins()
        if parts.path == "/mod/lti/auth.php":
            return self.authorizes(query or dict(parse_qsl(body.decode())))
        if parts.path == "/mod/lti/contentitem_return.php":
            return self.takes(dict(parse_qsl(body.decode())))
        if parts.path == "/mod/lti/certs.php":
            return Answer(200, "application/json; charset=utf-8", json.dumps(self.keys()).encode())
        for name, service in services.items():
            if isinstance(service, dict) and service["path"] == parts.path:
                return self.serves(name, service, method, query, media, body)
        return Answer(404)

    def begins(self) -> Answer:
        """The form by which a login begins."""
        login = self.recorded("launch")["login"]
        return Answer(200, HTML, form(f"{self.tool}/login", login["fields"]))

    def authorizes(self, asked: dict[str, str]) -> Answer:
        """The form with which the browser goes back to the tool."""
        if asked["redirect_uri"] != f"{self.tool}/callback" or asked["response_mode"] != "form_post":
            return Answer(400)
        if self.error:
            return Answer(200, HTML, form(asked["redirect_uri"], {"error": self.error, "state": asked["state"]}))
        token = self.signed(asked["nonce"])
        return Answer(200, HTML, form(asked["redirect_uri"], {"id_token": token, "state": asked["state"]}))

    def signed(self, nonce: str) -> str:
        """An id_token."""
        launch, now = self.recorded("launch"), int(time.time())
        times = {"nonce": nonce, "iat": now, "exp": now + launch["lasts_s"]}
        claims = {**times, **launch["id_token"], "https://purl.imsglobal.org/spec/lti/claim/roles": ROLES[self.role]}
        if not self.has_line:
            del claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]["lineitem"]
        if self.chooses:
            del claims["https://purl.imsglobal.org/spec/lti/claim/resource_link"]
            claims |= self.recorded("choice")["id_token"]
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": KID})

    def takes(self, form: dict[str, str]) -> Answer:
        """Take what was chosen, if the tool signed it."""
        published = jwt.PyJWKSet.from_json(httpx2.get(f"{self.tool}/jwks", timeout=30, trust_env=False).text)
        key = published[jwt.get_unverified_header(form["JWT"])["kid"]]
        client = self.registration["client_id"]
        told = jwt.decode(form["JWT"], key, algorithms=["RS256"], audience=self.url, issuer=client)
        if told["https://purl.imsglobal.org/spec/lti/claim/message_type"] != "LtiDeepLinkingResponse":
            return Answer(400)
        self.chosen.extend(told["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"])
        return Answer(200)

    def keys(self) -> dict[str, Any]:
        """The key set: Moodle leaves the padding of base64 in it."""
        numbers = self.key.public_key().public_numbers()
        n, e = (
            urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()
            for value in (numbers.n, numbers.e)
        )
        return {"keys": [{"kty": "RSA", "alg": "RS256", "kid": KID, "e": e, "n": n, "use": "sig"}]}

    def serves(
        self, name: str, service: dict[str, Any], method: str, query: dict[str, str], media: str | None, body: bytes
    ) -> Answer:
        """What a service answers: 400 to another media type than its own."""
        if name == "token":
            return Answer(service["status"], service["content_type"], json.dumps(service["body"]).encode())
        if media != service.get("accept" if method == "GET" else "posted"):
            return Answer(400)
        if not service.get("query", {}).items() <= query.items():
            return Answer(401)
        if name == "scores":
            return self.scored(service, json.loads(body))
        if method == "POST":
            line = {**json.loads(body), "id": service["body"][0]["id"]}
            return Answer(201, f"{service['posted']}; charset=utf-8", json.dumps(line).encode())
        return self.listed(name, service, query)

    def listed(self, name: str, service: dict[str, Any], query: dict[str, str]) -> Answer:
        """A list, in pages where a size was asked for."""
        rows = service["body"]["members"] if name == "members" else service["body"]
        # A line of a link itself is no thing of the tool's, and so it is not found by one.
        for asked, told in (("resource_link_id", "resourceLinkId"), ("resource_id", "resourceId")):
            rows = [row for row in rows if query.get(asked) in (None, row.get(told))]
        size, first = int(query.get("limit", 0)), int(query.get("from", 0))
        size = min(size, self.page or size)
        link = None
        if size and (first + size < len(rows) or name == "lines"):
            values = {
                "limit": size,
                "from": first,
                "next": first + size,
                "link": quote(query.get("resource_link_id", "")),
            }
            link = service["link"]
            for key, value in values.items():
                link = link.replace(f"{{{key}}}", str(value))
        shown = rows[first : first + size] if size else rows
        found = {**service["body"], "members": shown} if name == "members" else shown
        return Answer(200, f"{service['accept']}; charset=utf-8", json.dumps(found).encode(), link)

    def scored(self, service: dict[str, Any], score: dict[str, Any]) -> Answer:
        """Take a score of a later second than the last one, and refuse any other."""
        last = self.scores.get(score["userId"])
        if last is not None and second(last) >= second(score):
            refused = service["refused"]
            self.told.append((refused["status"], score))
            return Answer(refused["status"], refused["content_type"], json.dumps(refused["body"]).encode())
        self.scores[score["userId"]] = score
        self.told.append((service["taken"]["status"], score))
        return Answer(service["taken"]["status"], service["taken"]["content_type"])


def second(score: dict[str, Any]) -> int:
    """When a score is of, as Moodle's strtotime reads it."""
    return int(datetime.fromisoformat(score["timestamp"]).timestamp())


def form(action: str, fields: dict[str, str]) -> bytes:
    """A page that submits itself."""
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}"/>' for name, value in fields.items()
    )
    page = f'<form action="{escape(action)}" method="post">{inputs}</form><script>document.forms[0].submit();</script>'
    return page.encode()


@contextmanager
def moodle(tool: str) -> Iterator[Moodle]:
    """A Moodle on a port of its own, until the block ends."""
    played = Moodle(tool)

    class Handler(BaseHTTPRequestHandler):
        def answered(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = played.answer(self.command, self.path, headers, body)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            if answer.link is not None:
                # Typographic quotes go over the wire in UTF-8.
                self.send_header("Link", answer.link.encode().decode("latin-1"))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = answered  # noqa: N815  # as http.server names them

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        played.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield played
        finally:
            server.shutdown()
            thread.join()
