"""Registers documents with a running app, and asks for them in the ways that clients do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

import httpx2

from db.documents import Registered, register
from tests.accounts.calling import OWNER
from tests.conftest import Running

RESPONSE = "application/graphql-response+json"
NO_STORE = "private, no-cache, must-revalidate"
UNKNOWN = {
    "errors": [
        {
            "message": "PersistedQueryNotFound",
            "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND", "reason": "document_unknown"},
        }
    ]
}
REFUSED = {
    "errors": [
        {
            "message": "Only registered documents are run here. Send the id of one, as `documentId`.",
            "extensions": {"code": "FORBIDDEN", "reason": "registered_documents_only"},
        }
    ]
}
DATA = {
    "data": {"viewer": {"uid": OWNER}},
    "extensions": {"cost": {"points": 1, "limit": 5000, "requests": 1}},
}


@dataclass
class Clock:
    """A monotonic clock that stands still until it is moved."""

    seconds: float = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds


def bad(message: str) -> dict[str, object]:
    """The body of a request that cannot be understood."""
    return {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]}


def new_text(selection: str = "{ viewer { uid } }") -> str:
    """A document that nobody has sent before."""
    return f"# {uuid4()}\n{selection}"


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def id_of(text: str) -> str:
    return f"sha256:{hash_of(text)}"


def apollo(text: str) -> dict[str, object]:
    """The extensions with which Apollo's clients name a document."""
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}


async def registered(running: Running, text: str, *, cost_limit: int | None = None) -> str:
    """Register a text; gives it back."""
    async with running.database.writing() as transaction:
        document = Registered(hash_of(text), text, None, cost_limit, datetime.now(UTC))
        await register(transaction, [document])
    return text


async def post(
    running: Running, body: Mapping[str, object], *, headers: Mapping[str, str] | None = None, accept: str = "*/*"
) -> httpx2.Response:
    """Ask by POST; as an owner unless told."""
    given = await running.headers(OWNER) if headers is None else headers
    return await running.client.post("/graphql", json=body, headers={**given, "Accept": accept})


async def get(running: Running, parameters: Mapping[str, object], *, accept: str = "*/*") -> httpx2.Response:
    """Ask by GET, as an owner."""
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    headers = {**await running.headers(OWNER), "Accept": accept}
    return await running.client.get("/graphql", params=texts, headers=headers)


def outcome(answer: httpx2.Response) -> tuple[int, object]:
    """Status and body."""
    return answer.status_code, answer.json()
