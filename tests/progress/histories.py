"""Histories of learners, generated: what was done at awkward times, told late, out of order, and in parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from resolvers.progress.record import Told
from tests.progress.asking import global_id
from tests.progress.content import ALONE, CHOICE, FIRST, GAP, PLAIN_TRAININGS, SAY, SECOND, TALK, TEXT

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
# Zones far east and west, with summer time, and one whose clocks jump at midnight.
ZONES = ("Asia/Tokyo", "America/New_York", "Pacific/Auckland", "Pacific/Pago_Pago", "Africa/Cairo", "Asia/Kolkata")
# Around the days on which clocks change in New York, Auckland and Cairo, the turn of the year, and the last days.
DAYS = ("2026-03-07", "2026-04-03", "2026-04-23", "2026-10-29", "2026-10-31", "2025-12-30", "2026-11-20")
RIGHT: dict[int, object] = {CHOICE: 1, GAP: "went", TEXT: [0, 1, 2]}
RIGHT |= {item: 1 for items in PLAIN_TRAININGS.values() for item in items}
WRONG: dict[int, object] = {CHOICE: 0, GAP: "goes", TEXT: [0, 0, 0]}
WRONG |= {item: 0 for items in PLAIN_TRAININGS.values() for item in items}
TRAININGS = {FIRST: (CHOICE, GAP), SECOND: (TEXT, SAY), **PLAIN_TRAININGS}


@dataclass(frozen=True, slots=True)
class History:
    """What a learner in a time zone told, request by request."""

    time_zone: str
    requests: Sequence[Sequence[Told]]


@dataclass(frozen=True, slots=True)
class Sitting:
    """A while of learning: when it began, what was done how often, how well, and at one instant or one by one."""

    at: datetime
    what: str
    number: int
    times: int
    share: float
    step: timedelta

    def events(self, name: str) -> list[Told]:
        """Everything that was done, as a client tells it."""
        found = [
            self.event(f"{name}.{index}", "answered", "TrainingItem", item, index)
            for index, item in enumerate(self.items() * self.times)
        ]
        if self.what == "training":
            found.append(self.event(f"{name}.end", "completed", "Training", self.number, len(found)))
        if self.what == "lesson":
            found.append(self.event(f"{name}.begun", "started", "Lesson", TALK, 0))
            found.append(self.event(f"{name}.done", "completed", "Lesson", ALONE, 1))
        return found

    def items(self) -> tuple[int, ...]:
        """What is answered."""
        return TRAININGS[self.number] if self.what == "training" else (self.number,) if self.what == "item" else ()

    def event(self, client_id: str, verb: str, kind: str, number: int, index: int) -> Told:
        """One event; the first of many are right, as far as the share goes."""
        right = index < self.share * self.times * max(1, len(self.items()))
        answer = None if verb != "answered" or number == SAY else (RIGHT if right else WRONG)[number]
        score = (0.9 if right else self.share / 2) if number == SAY and verb == "answered" else None
        at = min(self.at + index * self.step, NOW)
        return Told(client_id, verb, global_id(kind, number), answer, score, 1000 * index, at)


@st.composite
def sittings(draw: st.DrawFn, zone: ZoneInfo) -> Sitting:
    """One sitting; many begin within a few seconds of the learner's own midnight."""
    day = datetime.fromisoformat(draw(st.sampled_from(DAYS))) + timedelta(days=draw(st.integers(0, 5)))
    minutes = draw(st.sampled_from((0, 0, 24 * 60 - 1, 90, 150)) | st.integers(0, 24 * 60))
    at = (day.replace(tzinfo=zone) + timedelta(minutes=minutes)).astimezone(UTC)
    at += timedelta(microseconds=draw(st.sampled_from((-1, 0, 1))))
    what = draw(st.sampled_from(("item", "training", "training", "lesson")))
    number = draw(st.sampled_from([*TRAININGS] if what == "training" else [*RIGHT, SAY]))
    times = draw(st.sampled_from((1, 5, 12, 35) if what == "item" else (1, 1, 2, 0)))
    step = draw(st.sampled_from((timedelta(0), timedelta(seconds=20), timedelta(hours=7))))
    return Sitting(min(at, NOW), what, number, times, draw(st.sampled_from((0.0, 0.45, 0.65, 0.8, 1.0))), step)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A history: its sittings are told in any order, so that many come late, and a request ends anywhere."""
    time_zone = draw(st.sampled_from(ZONES))
    found = draw(st.lists(sittings(ZoneInfo(time_zone)), min_size=1, max_size=14))
    events = [event for index, sitting in enumerate(found) for event in sitting.events(f"{index}")]
    ends = sorted(draw(st.lists(st.integers(0, len(events)), max_size=5)))
    parts = [events[begin:end] for begin, end in zip([0, *ends], [*ends, len(events)], strict=True)]
    return History(time_zone, [part[at : at + 100] for part in parts for at in range(0, len(part), 100)])
