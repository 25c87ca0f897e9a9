"""Makes one attempt of a delivery, and says what is to be recorded of it."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from db import outbox
from db.connections.database import Database
from db.deliveries import MOST_KEPT, Attempt, Begun, Held, Outcome
from db.errors import DatabaseUnavailable
from db.json_text import Moments
from resolvers.accounts import Admission
from resolvers.context import Request
from resolvers.egress.client import Egress, Failed, Refused, Reply
from resolvers.owners import owner_of
from resolvers.sealing import Sealer, WrongSeal
from resolvers.webhooks.retries import LONG, MOST_LOST, is_gone, is_taken, retry_in
from resolvers.webhooks.wire import body_of, headers_of
from resolvers.witness import Manner, Way, Witness
from schema.execution import Execution
from schema.payloads import payload

log = logging.getLogger(__name__)


class NoPayload(Exception):
    """There is nothing to send; the message says why."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends deliveries. `short` is the short schedule, and `seconds` how long an attempt may take."""

    database: Database
    execution: Execution
    egress: Egress
    admission: Admission
    sealer: Sealer
    short: Sequence[float]
    seconds: float = 15.0
    witness: Witness | None = None

    async def attempt(self, held: Held, begun: Begun, sealed: Sequence[bytes], token: str) -> Outcome:
        """One attempt, signed with the secrets. What comes of it is in the outcome; only a database away is raised."""
        try:
            return await self.made(held, begun, sealed, token)
        except DatabaseUnavailable:
            raise
        except WrongSeal as problem:
            # The key may come back.
            why = f"The webhook's secret cannot be opened. {problem}"
            log.error("Delivery %d to webhook %d could not be made. %s", begun.id, held.id, why)
            return self.failed(held, begun, token, not_made(begun, why), None)
        except Exception:
            # One delivery that we cannot make must not keep the others waiting.
            log.exception("Delivery %d could not be made.", begun.id)
            return self.failed(held, begun, token, not_made(begun, "Something of ours failed."), None)

    async def made(self, held: Held, begun: Begun, sealed: Sequence[bytes], token: str) -> Outcome:
        """The same, with whatever goes wrong in it."""
        schedule = self.schedule(held)
        if begun.attempt > len(schedule) + 1 + MOST_LOST:
            return given_up(begun, token, "Whoever began it was never heard of again, time after time.")
        secrets = [self.sealer.opened(one) for one in sealed]
        try:
            body = begun.body or await self.body(held, begun)
        except NoPayload as reason:
            return given_up(begun, token, str(reason))
        made = await self.sent(begun.url or held.url, begun, body, secrets)
        if made.response_code is not None and is_taken(made.response_code):
            return Outcome(begun.id, begun.webhook_id, token, "delivered", made, body=body)
        return self.failed(held, begun, token, made, body)

    def schedule(self, held: Held) -> Sequence[float]:
        """After how many seconds each to try again."""
        return LONG if held.schedule == "long" else self.short

    def failed(self, held: Held, begun: Begun, token: str, made: Attempt, body: bytes | None) -> Outcome:
        """What comes of an attempt that failed: another one, or none."""
        retry_s = retry_in(self.schedule(held), begun.attempt, made.response_headers, datetime.now(UTC))
        if retry_s is None or is_gone(made.response_code or 0):
            return Outcome(begun.id, begun.webhook_id, token, "dead", made, body=body)
        return Outcome(begun.id, begun.webhook_id, token, "failed", made, retry_s, body)

    async def sent(self, url: str, begun: Begun, body: bytes, secrets: Sequence[str]) -> Attempt:
        """The exchange itself."""
        sent_at, started = datetime.now(UTC), time.perf_counter()
        headers = headers_of(begun.event_id, body, secrets, sent_at)
        try:
            reply = await self.egress.send(
                "POST", url, headers=headers, body=body, seconds=self.seconds, most_bytes=MOST_KEPT
            )
        except (Refused, Failed) as problem:
            return Attempt(begun.attempt, sent_at, since(started), error=str(problem))
        return Attempt(
            begun.attempt,
            sent_at,
            since(started),
            reply.status,
            response_headers=dict(reply.headers),
            response_body=text_of(reply),
        )

    async def body(self, held: Held, begun: Begun) -> bytes:
        """What the payload document gives for the event now; NoPayload where it gives nothing."""
        told = None if begun.event_seq is None else await outbox.one(self.database, begun.event_seq)
        if held.document is None or told is None:
            raise NoPayload("The event is not kept any more.")
        now = datetime.now(UTC)
        viewer = await owner_of(self.admission, held.owner_uid, held.abilities, now)
        if viewer is None:
            raise NoPayload("The owner of the webhook may not come in any more.")
        request = Request(viewer, self.database, now, moments=Moments.UTC_MICROSECONDS, request_id=begun.event_id)
        request.witness = self.witness
        request.manner = Manner(Way.WEBHOOK, f"webhook {held.id}", sha256(held.document.encode()).hexdigest())
        answer = await payload(self.execution, held.document, told, request)
        data = answer.content.get("data")
        if data is None:
            raise NoPayload("The payload document gave nothing: the webhook's owner may not read what it asks for.")
        # It has one field, which is the event.
        (shaped,) = data.values()
        request.tell()
        return body_of(told.event_id, told.type, told.occurred_at, shaped)


def given_up(begun: Begun, token: str, reason: str) -> Outcome:
    """What is not sent at all."""
    return Outcome(begun.id, begun.webhook_id, token, "dead", not_made(begun, reason))


def not_made(begun: Begun, reason: str) -> Attempt:
    """An attempt of which nothing was sent."""
    return Attempt(begun.attempt, datetime.now(UTC), 0, error=reason)


def since(started: float) -> int:
    """Milliseconds from an instant of the performance counter until now."""
    return round((time.perf_counter() - started) * 1000)


def text_of(reply: Reply) -> str:
    """An answer as text that both databases can keep, whatever it was."""
    return reply.body.decode("utf-8", "replace").replace("\x00", "�")
