"""Sends one grade, and says what is to be recorded of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from db.lti.scores import Held, Outcome
from jobs.lti.lines import Lines, NoLine
from resolvers.egress.client import Reply
from resolvers.lti import ags
from resolvers.lti.services import Client, ServiceFailed, Services, words
from resolvers.webhooks.retries import MOST_LOST, retry_in

MOST_KEPT = 600
SWITCHED_OFF = "The platform is switched off."


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends grades; `schedule` says after how many seconds to try again, each time that it has failed."""

    services: Services
    lines: Lines
    schedule: Sequence[float]

    async def send(self, one: Held) -> Outcome:
        """Send a grade: to its line, which is found or made where nobody knows it yet."""
        if not one.is_active:
            return Outcome("failed", error=SWITCHED_OFF)
        if one.attempt > len(self.schedule) + 1 + MOST_LOST:
            # Whoever sends it dies of it.
            return Outcome("failed", error=f"It was begun {one.attempt - 1} times, and never came to its end.")
        client = Client(one.platform_id, one.client_id, one.token_url, one.token_audience)
        try:
            line = await self.lines.of(one, client)
            reply = await self.services.ask(client, [ags.SCORE_SCOPE], ags.score_asking(line, one))
        except NoLine as problem:
            return self.failed(one, str(problem), problem.reply, final=problem.final)
        except ServiceFailed as problem:
            return self.failed(one, str(problem), problem.reply, final=False)
        if ags.has_arrived(reply, one.attempt):
            return Outcome("delivered", reply.status)
        return self.failed(one, words(reply), reply, final=reply.status in ags.FINAL)

    def failed(self, one: Held, error: str, reply: Reply | None, *, final: bool) -> Outcome:
        """What came of it when it did not arrive: it is tried again, later where the answer says when, or given up."""
        code, said = None if reply is None else reply.status, error[:MOST_KEPT] or None
        headers = None if reply is None else reply.headers
        retry_s = None if final else retry_in(self.schedule, one.attempt, headers, datetime.now(UTC))
        return Outcome("failed", code, said) if retry_s is None else Outcome("pending", code, said, retry_s)
