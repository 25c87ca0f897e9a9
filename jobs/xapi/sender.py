"""Sends a batch of statements, and says what is to be recorded of each.

An LRS takes a batch whole or not at all (xAPI 1.0.3, part three, 2.1.2 and 3.2). So a refusal says nothing of a single
statement of several: the batch is parted in two, again and again and in order, until each statement that is refused was
refused alone.
"""

import enum
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

from db.xapi.forwarding import Failure, Held, Outcome, Rejected, Waiting
from resolvers.egress.client import Egress, Failed, Refused, Reply
from resolvers.sealing import Sealer, WrongSeal
from resolvers.webhooks.retries import again_in, is_taken
from resolvers.xapi.credentials import authorization

CONTENT_TYPE = "application/json"
VERSION_HEADER = "X-Experience-API-Version"
MOST_STATEMENTS, MOST_BYTES = 100, 500_000
# Of an answer so many bytes are read, and so many kept of a refusal.
MOST_READ, MOST_KEPT = 20_000, 500
# Who refuses so many statements and takes none refuses us.
DOUBTFUL = 10
CONTENT_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)


class Verdict(enum.Enum):
    """What an answer says."""

    TAKEN = "taken"
    KNOWN = "known"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends statements; `schedule` says after how many seconds to try again, `seconds` how long a request may take."""

    egress: Egress
    sealer: Sealer
    schedule: Sequence[float]
    seconds: float

    async def send(self, held: Held, waiting: Sequence[Waiting], goes_on: Callable[[], bool]) -> Outcome:
        """Send statements in order, as many as one request may carry.

        `goes_on` says whether to send more: what is under way is finished in any case.
        """
        sending = Sending(deque([first_of(waiting)]))
        try:
            headers = headers_of(held, self.sealer)
            while sending.pieces and goes_on() and not sending.is_refused(held):
                piece = sending.pieces.popleft()
                sending.note(piece, await self.exchange(held, headers, piece))
        except (Refused, Failed, WrongSeal) as problem:
            return self.outcome(held, sending, None, str(problem))
        except Stopped as stopped:
            return self.outcome(held, sending, stopped.reply, words(stopped.reply))
        if sending.is_refused(held) and sending.answer is not None:
            return self.outcome(held, sending, sending.answer, words(sending.answer))
        return Outcome(sending.delivered, sending.sure(held), None)

    async def exchange(self, held: Held, headers: dict[str, str], piece: Sequence[Waiting]) -> Reply:
        """One request and its answer."""
        body = b"[" + b",".join(one.body for one in piece) + b"]"
        url = f"{held.url}/statements"
        return await self.egress.send(
            "POST", url, headers=headers, body=body, seconds=self.seconds, most_bytes=MOST_READ
        )

    def outcome(self, held: Held, sending: "Sending", reply: Reply | None, error: str) -> Outcome:
        """What came of it when it could not go on: it is tried again, later where the answer says when."""
        rejected = sending.sure(held)
        attempt = 1 if sending.delivered or rejected else held.attempt_count + 1
        retry_s = again_in(self.schedule, attempt, None if reply is None else reply.headers, datetime.now(UTC))
        failure = Failure(None if reply is None else reply.status, error[:MOST_KEPT], retry_s)
        return Outcome(sending.delivered, rejected, failure)


class Stopped(Exception):
    """The LRS answered that nothing can be sent now."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


@dataclass(slots=True)
class Sending:
    """A batch that is under way: what is still to be sent, in order, and what is known of the rest."""

    pieces: deque[Sequence[Waiting]]
    delivered: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    answer: Reply | None = None

    def note(self, piece: Sequence[Waiting], reply: Reply) -> None:
        """What an answer means for the statements that it is about; Stopped where nothing more is to be sent."""
        match verdict(reply):
            case Verdict.TAKEN:
                self.delivered += [one.id for one in piece]
            case Verdict.FAILED:
                raise Stopped(reply)
            case _ if len(piece) > 1:
                half = len(piece) // 2
                self.pieces.extendleft((piece[half:], piece[:half]))
            case Verdict.KNOWN:
                self.delivered.append(piece[0].id)
            case Verdict.REFUSED:
                self.answer = reply
                self.rejected.append(Rejected(piece[0].id, reply.status, words(reply)))

    def is_refused(self, held: Held) -> bool:
        """Whether it is us who are refused, and not statements.

        Nothing was taken: of many, or by an LRS that never took anything as it is set up. A wrong version of xAPI is
        answered so, or an address that is no LRS.
        """
        if self.delivered or not self.rejected:
            return False
        return len(self.rejected) >= DOUBTFUL or (not held.proven and not self.pieces)

    def sure(self, held: Held) -> list[Rejected]:
        """What was rejected for its own sake, as far as that can be known by now."""
        return self.rejected if (self.delivered or held.proven) and not self.is_refused(held) else []


def first_of(waiting: Sequence[Waiting]) -> Sequence[Waiting]:
    """As many as one request may carry, and one at least."""
    size, count = 0, 0
    for one in waiting[:MOST_STATEMENTS]:
        size += len(one.body) + 1
        if count and size > MOST_BYTES:
            break
        count += 1
    return waiting[:count]


def headers_of(held: Held, sealer: Sealer) -> dict[str, str]:
    """The headers of a request."""
    credentials = authorization(held.auth_type, held.credentials, sealer)
    return {"Content-Type": CONTENT_TYPE, VERSION_HEADER: held.version, **credentials}


def verdict(reply: Reply) -> Verdict:
    """What an answer says of a batch: 409 that a statement with one of its ids is there already."""
    if is_taken(reply.status):
        return Verdict.TAKEN
    if reply.status == HTTPStatus.CONFLICT:
        return Verdict.KNOWN
    return Verdict.REFUSED if reply.status in CONTENT_REFUSED else Verdict.FAILED


def words(reply: Reply) -> str:
    """What was answered, as text that both databases can keep."""
    return reply.body[:MOST_KEPT].decode("utf-8", "replace").replace("\x00", "�")
