"""Three days of a beginner, told through the graph as an app tells them, so that every number is known beforehand."""

import base64
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from db.japan import JAPAN
from tests.talktiko.asking import BEGINNER, Api

RECORD = """
mutation record($events: [ProgressEventInput!]!) {
  recordProgress(events: $events) { userErrors { code message } }
}
"""
FIRST, SECOND, THIRD = 10, 9, 8


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: to which item, what, and how many seconds it took."""

    item: int
    answer: object = None
    score: float | None = None
    seconds: int = 60


# Of the first lesson of the first course: vocabulary with a mistake, then grammar and speaking, then vocabulary again.
GREETINGS = (
    Answered(501010101, 2),
    Answered(501010102, 1),
    Answered(501010103, "Nice to meet you."),
    Answered(501010104, "fine"),
)
VERBS = (
    Answered(501010201, "is", seconds=30),
    Answered(501010202, 3, seconds=30),
    Answered(501010203, 1, seconds=30),
    Answered(501010204, "She is not", seconds=30),
)
SPOKEN = (
    Answered(501010301, score=0.5, seconds=30),
    Answered(501010302, score=0.5, seconds=30),
    Answered(501010303, 1, seconds=30),
    Answered(501010304, score=1.0, seconds=30),
)
AGAIN = (Answered(501010101, 2, seconds=90), Answered(501010104, "fine", seconds=90))


def days_ago(count: int) -> date:
    """A day in Japan."""
    return datetime.now(JAPAN).date() - timedelta(days=count)


def at(days: int, clock: str, minutes: int) -> datetime:
    """So many minutes after a time of a day in Japan, so many days ago."""
    return datetime.combine(days_ago(days), time.fromisoformat(clock), JAPAN) + timedelta(minutes=minutes)


def printed(moment: datetime) -> str:
    """A moment as the API prints it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def global_id(kind: str, number: int) -> str:
    """The global id of a thing."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def event(kind: str, number: int, verb: str, moment: datetime, **more: object) -> dict[str, object]:
    """One event as a client tells it."""
    told = {"clientId": f"{verb}-{number}-{moment:%d%H%M}", "verb": verb, "subject": global_id(kind, number)}
    return {**told, "occurredAt": moment.isoformat(), **more}


def answers(days: int, clock: str, given: tuple[Answered, ...], minute: int) -> list[dict[str, object]]:
    """Answers, one a minute."""
    return [
        event(
            *("TrainingItem", one.item, "ANSWERED", at(days, clock, minute + index)),
            answer=one.answer,
            score=one.score,
            durationMs=one.seconds * 1000,
        )
        for index, one in enumerate(given)
    ]


async def record(api: Api, events: list[dict[str, object]], *, uid: str = BEGINNER) -> None:
    """Tell what a learner did."""
    answer = await api.graph(RECORD, {"events": events}, uid=uid)
    assert answer.json()["data"] == {"recordProgress": {"userErrors": []}}


async def learn(api: Api) -> None:
    """Let the beginner live the three days, and tell of each in the evening."""
    first = [*answers(FIRST, "09:00", GREETINGS, 0), event("Training", 5010101, "COMPLETED", at(FIRST, "09:00", 4))]
    second = [
        *answers(SECOND, "20:00", VERBS, 0),
        event("Training", 5010102, "COMPLETED", at(SECOND, "20:00", 4)),
        *answers(SECOND, "20:00", SPOKEN, 5),
        event("Training", 5010103, "COMPLETED", at(SECOND, "20:00", 9)),
    ]
    for day in (first, second, answers(THIRD, "06:30", AGAIN, 0)):
        await record(api, day)
