"""Insights into a learner's answers, against plain sums over the events: skills, parts of the day, what to do next."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from math import fsum
from zoneinfo import ZoneInfo

import pytest

from db.progress.derived import learners, training_progress
from resolvers.demo.learners import PROFILES
from resolvers.progress.record import Told, record_progress
from tests.progress.asking import (
    ADMINISTRATOR,
    COACH_CHILD,
    DEMO_OWNER,
    FRESH,
    OWNER_PARENT,
    STUDENT,
    SUNDAI_OWNER,
    Answer,
    Graph,
    Row,
    answered,
    completed,
    forget,
    global_id,
    rows,
)
from tests.progress.content import CHOICE, GAP, SAY, demo_items
from tests.progress.crowd import LOCKED, Crowd
from tests.progress.histories import NOW

DOCUMENT = """query($since: Date, $until: Date, $id: Int) {
  learningInsights(since: $since, until: $until, studentLegacyId: $id) {
    strengths { skillCode accuracy answered } weaknesses { skillCode accuracy answered }
    recommendations { skillCode reason trainingLegacyId training { legacyId } }
    timeOfDay { partCode answered accuracy minutes } } }"""
LEVELS = ["A1", "A2", "B1", "B2", "C1", "C2"]
UIDS = [profile.uid for profile in PROFILES]
SPANS = ((None, None), (91, 0), (1, 0), (300, 209), (None, 100))


def mean(answers: Iterable[Row]) -> float:
    """The mean score."""
    scores = [answer["score"] for answer in answers]
    return round(fsum(scores) / len(scores), 4)


def part_of(answer: Row, zone: ZoneInfo) -> str:
    """The part of the learner's own day."""
    hour = answer["occurred_at"].astimezone(zone).hour
    parts = {"morning": range(5, 11), "afternoon": range(11, 17), "evening": range(17, 22)}
    return next((part for part, hours in parts.items() if hour in hours), "night")


def by_skill(answers: Iterable[Row]) -> dict[str, list[Row]]:
    """Answers by skill, in the order of names; five at least."""
    found: dict[str, list[Row]] = {}
    for answer in answers:
        found.setdefault(answer["skill"], []).append(answer)
    return {skill: found[skill] for skill in sorted(found) if len(found[skill]) >= 5}


async def expected(crowd: Crowd, student_id: int, first: date, last: date) -> Answer:
    """What the graph must show of these days."""
    zone = ZoneInfo(next(row["time_zone"] for row in crowd.users if row["id"] == student_id))
    answers = [
        event
        for event in crowd.events_of({student_id})
        if event["skill"] is not None
        and event["score"] is not None
        and first <= event["occurred_at"].astimezone(zone).date() <= last
    ]
    skills: list[Row] = [
        {"skillCode": skill, "accuracy": mean(found), "answered": len(found)}
        for skill, found in by_skill(answers).items()
    ]
    weak = sorted((s for s in skills if s["accuracy"] < 0.6), key=lambda s: s["accuracy"])[:3]
    parts = {part: [a for a in answers if part_of(a, zone) == part] for part in ("morning", "afternoon", "evening")}
    parts["night"] = [a for a in answers if part_of(a, zone) == "night"]
    return {
        "strengths": sorted((s for s in skills if s["accuracy"] >= 0.8), key=lambda s: -s["accuracy"])[:3],
        "weaknesses": weak,
        "recommendations": await next_trainings(crowd, student_id, weak or worst(skills)),
        "timeOfDay": [
            {
                "partCode": part,
                "answered": len(found),
                "accuracy": mean(found),
                "minutes": sum(answer["duration_ms"] for answer in found) // 60_000,
            }
            for part, found in parts.items()
            if found
        ],
    }


def worst(skills: list[Row]) -> list[Row]:
    """The one that goes least well."""
    return sorted(skills, key=lambda s: s["accuracy"])[:1]


async def next_trainings(crowd: Crowd, student_id: int, wanted: list[Row]) -> list[Answer]:
    """For each skill the first training at the learner's level, or the next level, that does not go well yet."""
    states = await rows(crowd.graph.database, training_progress, student_id=student_id)
    known = {row["training_id"]: row["best_score"] for row in states}
    (learner,) = await rows(crowd.graph.database, learners, student_id=student_id)
    at = LEVELS.index(learner["cefr_level"] or "A1")
    courses = {
        row["id"]: row["seq"]
        for row in crowd.courses
        if row["published_at"] is not None and row["cefr_level"] in LEVELS[at : at + 2]
    }
    lessons = {row["id"]: row["seq"] for row in crowd.lessons}
    ahead = sorted(
        (courses[row["course_id"]], lessons[row["lesson_id"]], row["seq"], row["id"])
        for row in crowd.trainings
        if row["course_id"] in courses
        and (row["id"] not in known or (known[row["id"]] is not None and known[row["id"]] < 0.8))
    )
    found: list[Answer] = []
    for skill in wanted:
        exercised = {item["training_id"] for item in crowd.items if item["skill"] == skill["skillCode"]}
        taken = {one["trainingLegacyId"] for one in found}
        for *_, id_ in [one for one in ahead if one[-1] in exercised - taken][:1]:
            share = f"{round(100 * skill['accuracy'])} % of your {skill['answered']} {skill['skillCode']} answers"
            does = "try this training again" if id_ in known else "this training is next"
            reason = f"{share} were right; {does}."
            one = {"skillCode": skill["skillCode"], "reason": reason, "trainingLegacyId": id_}
            found.append({**one, "training": {"legacyId": id_}})
    return found


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("uid", UIDS)
async def test_insights_are_what_the_answers_of_the_days_show(
    crowd: Crowd, uid: str, span: tuple[int | None, int | None]
) -> None:
    row = crowd.of(uid)
    zone = ZoneInfo(next(user["time_zone"] for user in crowd.users if user["uid"] == uid))
    today = datetime.now(zone).date()
    since, until = [None if ago is None else today - timedelta(days=ago) for ago in span]
    last = until or today
    first = since or last - timedelta(days=27)
    given = {"since": since and str(since), "until": until and str(until), "id": row["id"]}
    found = (await crowd.graph.data(DOCUMENT, given, uid=ADMINISTRATOR))["learningInsights"]
    assert found == await expected(crowd, row["id"], first, last)


async def test_the_demo_has_strong_skills_and_recommendations(crowd: Crowd) -> None:
    seen = [
        (await crowd.graph.data(DOCUMENT, {"id": crowd.of(uid)["id"]}, uid=ADMINISTRATOR))["learningInsights"]
        for uid in UIDS
    ]
    for part in ("strengths", "recommendations", "timeOfDay"):
        assert any(found[part] for found in seen), part
    assert {one["partCode"] for found in seen for one in found["timeOfDay"]} >= {"morning", "evening"}


async def test_students_see_their_own_and_staff_those_in_their_reach(crowd: Crowd) -> None:
    own = await crowd.graph.data(DOCUMENT, uid=STUDENT)
    for uid in (STUDENT, COACH_CHILD, OWNER_PARENT, ADMINISTRATOR):
        assert await crowd.graph.data(DOCUMENT, {"id": crowd.of(STUDENT)["id"]}, uid=uid) == own


@pytest.mark.parametrize(
    ("uid", "whose"),
    [
        (STUDENT, "auth0|demo-u001"),
        (STUDENT, LOCKED),
        (COACH_CHILD, "auth0|demo-n001"),
        (COACH_CHILD, LOCKED),
        (SUNDAI_OWNER, STUDENT),
        (DEMO_OWNER, STUDENT),
        (ADMINISTRATOR, LOCKED),
        (ADMINISTRATOR, None),
    ],
)
async def test_who_is_out_of_reach_is_not_there(crowd: Crowd, uid: str, whose: str | None) -> None:
    given = {"id": 10**6 if whose is None else crowd.of(whose)["id"]}
    assert await crowd.graph.refusal(DOCUMENT, given, uid=uid) == ("NOT_FOUND", "student_unknown")


async def test_staff_must_say_whose(crowd: Crowd) -> None:
    assert await crowd.graph.refusal(DOCUMENT, uid=COACH_CHILD) == ("BAD_USER_INPUT", "student_missing")


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-02", "2026-11-01"),
        ("2026-08-01", "2026-11-01"),
        ("0001-01-01", "9999-12-31"),
        ("9999-12-31", None),
        ("2020-01-01", None),
    ],
)
async def test_no_days_and_too_many_are_refused(crowd: Crowd, since: str, until: str | None) -> None:
    given = {"since": since, "until": until}
    assert await crowd.graph.refusal(DOCUMENT, given, uid=STUDENT) == ("BAD_USER_INPUT", "days")


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (None, "0001-01-01"),
        (None, "0001-01-27"),
        ("0001-01-01", "0001-01-02"),
        ("9999-12-30", "9999-12-31"),
        (None, "9999-12-31"),
    ],
)
async def test_days_at_the_ends_of_the_calendar_are_refused(crowd: Crowd, since: str | None, until: str) -> None:
    given = {"since": since, "until": until}
    assert await crowd.graph.refusal(DOCUMENT, given, uid=STUDENT) == ("BAD_USER_INPUT", "days")


@pytest.mark.parametrize("until", ["1900-01-01", "9998-12-31"])
async def test_days_without_answers_show_nothing(crowd: Crowd, until: str) -> None:
    nothing: Answer = {"strengths": [], "weaknesses": [], "recommendations": [], "timeOfDay": []}
    assert await crowd.graph.data(DOCUMENT, {"until": until}, uid=STUDENT) == {"learningInsights": nothing}


async def test_insights_take_the_learner_the_answers_and_what_lies_ahead(graph: Graph) -> None:
    document = "{ learningInsights { strengths { skillCode } recommendations { skillCode } } }"
    assert await graph.statements(document, uid=STUDENT) == 4


EXACT: list[tuple[str, list[float], Answer]] = [
    ("four answers are too few", [0.0] * 4, {}),
    ("below 0.6 is weak", [0.59] * 5, {"weaknesses": 0.59}),
    ("0.6 is not weak", [0.6] * 5, {}),
    ("just below 0.8 is not strong", [0.79] * 5, {}),
    ("0.8 is strong", [0.8] * 5, {"strengths": 0.8}),
]


@pytest.mark.parametrize(("scores", "shown"), [case[1:] for case in EXACT], ids=[case[0] for case in EXACT])
async def test_five_answers_say_something_and_the_marks_are_exact(
    taught: Graph, scores: list[float], shown: Answer
) -> None:
    await forget(taught.database, FRESH)
    await taught.results(*[answered(f"{index}", SAY, score=score) for index, score in enumerate(scores)])
    found = (await taught.data(DOCUMENT, uid=FRESH))["learningInsights"]
    for part in ("strengths", "weaknesses"):
        expected_of = [{"skillCode": "speaking", "accuracy": shown[part], "answered": 5}] if part in shown else []
        assert found[part] == expected_of
    assert [one["skillCode"] for one in found["recommendations"]] == ["speaking"] * (len(scores) == 5)


async def test_a_training_is_recommended_until_it_is_completed_well(taught: Graph) -> None:
    student_id = await forget(taught.database, FRESH)
    right = [answered(f"v{n}", CHOICE, 1) for n in range(20)] + [answered(f"g{n}", GAP, "went") for n in range(20)]
    await taught.results(*right, *[answered(f"s{n}", SAY, score=0.1) for n in range(5)])
    # A1 in speaking, and B1, the level of the course, in the two others: B1 over all.
    (row,) = await rows(taught.database, learners, student_id=student_id)
    assert row["cefr_level"] == "B1"
    first = await recommended(taught)
    assert first["reason"] == "10 % of your 5 speaking answers were right; this training is next."
    training = first["trainingLegacyId"]
    assert training // 10_000 == 505
    said = next(id_ for id_, item in demo_items().items() if id_ // 100 == training and item["type"] == "speaking")
    for name, score, again in (("a", 0.5, True), ("b", 0.79, True), ("c", 0.8, False)):
        await taught.results(answered(name, said, score=score), completed(f"end {name}", training))
        found = await recommended(taught)
        assert (found["trainingLegacyId"] == training) == again
        assert found["reason"].endswith("; try this training again.") == again


async def recommended(taught: Graph) -> Answer:
    """The one training that is recommended."""
    (found,) = (await taught.data(DOCUMENT, uid=FRESH))["learningInsights"]["recommendations"]
    assert found["training"] == {"legacyId": found["trainingLegacyId"]}
    return dict(found)


@pytest.mark.parametrize(
    ("time_zone", "part"),
    [("Asia/Tokyo", "morning"), ("America/New_York", "evening"), ("Europe/London", "night"), ("Asia/Kolkata", "night")],
)
async def test_parts_of_the_day_go_by_the_learners_clock(taught: Graph, time_zone: str, part: str) -> None:
    await forget(taught.database, FRESH, time_zone=time_zone)
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    at = f"{day}T23:00:00Z"
    await taught.results(answered("1", CHOICE, 1, occurredAt=at, durationMs=119_999))
    found = (await taught.data(DOCUMENT, uid=FRESH))["learningInsights"]
    assert found["timeOfDay"] == [{"partCode": part, "answered": 1, "accuracy": 1.0, "minutes": 1}]
    await forget(taught.database, FRESH)


@pytest.mark.parametrize("hours", [(5, "morning"), (11, "afternoon"), (17, "evening"), (22, "night")])
async def test_a_part_of_the_day_begins_with_its_hour(taught: Graph, hours: tuple[int, str]) -> None:
    await forget(taught.database, FRESH)
    hour, part = hours
    before = {"morning": "night", "afternoon": "morning", "evening": "afternoon", "night": "evening"}[part]
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    ats = (f"{day}T{hour - 1:02}:59:59+09:00", f"{day}T{hour:02}:00:00+09:00")
    await taught.results(*[answered(f"{index}", CHOICE, 1, occurredAt=at) for index, at in enumerate(ats)])
    found = (await taught.data(DOCUMENT, uid=FRESH))["learningInsights"]
    assert sorted(one["partCode"] for one in found["timeOfDay"]) == sorted((before, part))


async def test_a_day_in_new_york_is_the_day_there(taught: Graph) -> None:
    await forget(taught.database, FRESH, time_zone="America/New_York")
    # The third of November begins at five in New York, and the first, when clocks went back, at four.
    ats = ("2026-11-01T03:59:59Z", "2026-11-01T04:00:00Z", "2026-11-03T04:59:59Z", "2026-11-03T05:00:00Z")
    events = [
        Told(at, "answered", global_id("TrainingItem", CHOICE), 1, None, 0, datetime.fromisoformat(at)) for at in ats
    ]
    await record_progress(await taught.request(FRESH, NOW), events)
    found = await taught.data(DOCUMENT, {"since": "2026-11-01", "until": "2026-11-02"}, uid=FRESH)
    assert sum(part["answered"] for part in found["learningInsights"]["timeOfDay"]) == 2
    await forget(taught.database, FRESH)
