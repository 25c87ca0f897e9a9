"""The decided samples, one for each operation: keys in their order and types, and the same bytes from both engines."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Delete, delete

from db.institutions import organization_domains
from db.organizations import organizations
from tests.talktiko.asking import ADMINISTRATOR, EMAILS, OWNER, PASSWORD, STUDENT, Api, Given
from tests.talktiko.consuming import NEW_PLATFORM, USED_LAUNCH, USED_PLATFORM
from tests.talktiko.doors import (
    ANALYTICS,
    BULK,
    COMPLIANCE,
    IMPORT,
    INSTITUTION,
    INSTITUTIONS,
    JSON,
    KAKEHASHI,
    LINES,
    MEMBERS,
    PASSBACK,
)
from tests.talktiko.exporting import DONE
from tests.talktiko.forwarding import STORE, USED_ENDPOINT
from tests.talktiko.importing import BULK_OF_OWNER, PLANNED, USED_IMPORT
from tests.talktiko.signing_on import SSO
from tests.talktiko.telling import FIRST_USED, SHOWN, SHOWN_UPSTREAM, URL, USED, USED_UPSTREAM

FOLDER = Path(__file__).with_name("samples")
# What may be null although the sample prints a value, or the other way round.
NULLABLE = {"best_score", "completed_at", "email", "ends_at", "expires_at", "from", "institution", "last_used_at"}
NULLABLE |= {"next", "overall", "page", "prev", "price", "published_at", "rate_limit_per_minute", "started_at", "to"}
NULLABLE |= {"trial_ends_at", "url", "last_delivery", "response_code", "duration_ms", "next_retry_at", "document"}
NULLABLE |= {"disabled_reason", "failing_since", "last_delivery_id"}
NULLABLE |= {"download_url", "error", "file_size", "finished_at", "progress", "sha256", "total_rows"}
NULLABLE |= {"active_before", "planned_at", "ref", "reason", "changes", "line", "role", "file", "column"}
NULLABLE |= {"parent_id", "plan", "logo_url", "primary_color", "support_email", "level"}
NULLABLE |= {"learners", "active_learners", "completions", "course_completions", "minutes"}
NULLABLE |= {"watermark", "last_success_at", "last_error"}
NULLABLE |= {"valid_until"}
NULLABLE |= {"next_attempt_at", "error", "last_delivered_at"}


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample, and the request that is answered in its shape."""

    name: str
    method: str
    path: str
    asked: str
    body: Given | None = None
    nobody: bool = False
    uid: str = STUDENT
    # What others, who read the same database, must not find there afterwards.
    undo: tuple[Delete, ...] = ()

    def __str__(self) -> str:
        return self.name

    async def ask(self, api: Api) -> httpx2.Response:
        """Ask for it."""
        if self.nobody:
            return await api.nobody(self.method, self.asked, json=self.body)
        answer = await api.ask(self.method, self.asked, json=self.body, uid=self.uid)
        async with api.running.database.writing() as transaction:
            for statement in self.undo:
                await transaction.execute(statement)
        return answer


def of_webhooks(name: str, method: str, path: str = "", body: Given | None = None, **numbers: int) -> Sample:
    """A sample of webhooks; the numbers stand in the path."""
    whole = f"/integrations/webhooks{path}"
    return Sample(name, method, whole, whole.format(**numbers), body, uid=OWNER)


EXPORTS = "/integrations/exports"


def of_upstreams(name: str, method: str, path: str, asked: str, body: Given | None = None) -> Sample:
    """A sample of upstreams."""
    whole = "/integrations/"
    return Sample(name, method, f"{whole}{path}", f"{whole}{asked}", body, uid=ADMINISTRATOR)


def of_xapi(name: str, method: str, path: str = "", body: Given | None = None, **numbers: int) -> Sample:
    """A sample of xAPI endpoints; the numbers stand in the path."""
    whole = f"/integrations/xapi-endpoints{path}"
    return Sample(name, method, whole, whole.format(**numbers), body, uid=OWNER)


def of_lti(name: str, method: str, path: str = "", body: Given | None = None, **numbers: int) -> Sample:
    """A sample of LTI platforms; the numbers stand in the path."""
    whole = f"/integrations/lti-consumers{path}"
    return Sample(name, method, whole, whole.format(**numbers), body, uid=OWNER)


def of_imports(name: str, method: str, path: str, asked: str, body: Given | None = None) -> Sample:
    """A sample of imports."""
    return Sample(name, method, path, f"{BULK_OF_OWNER}{asked}", body, uid=OWNER)


SIGN_IN = {"email": EMAILS[STUDENT], "password": PASSWORD, "device_name": "sample"}
SAMPLES = (
    Sample("01_sign_in", "POST", "/auth/sign-in", "/auth/sign-in", SIGN_IN, nobody=True),
    Sample("02_me", "GET", "/auth/me", "/auth/me"),
    Sample("03_tokens", "GET", "/integrations/tokens", "/integrations/tokens"),
    Sample(
        *("04_create_token", "POST", "/integrations/tokens", "/integrations/tokens"),
        {"name": "sample", "abilities": ["courses:read"], "expires_at": "2999-12-31T23:59:59Z"},
    ),
    Sample("06_public_courses", "GET", "/public/courses", "/public/courses", nobody=True),
    Sample("07_public_course", "GET", "/public/courses/{slug}", "/public/courses/first-steps-a1", nobody=True),
    Sample("08_courses", "GET", "/courses", "/courses"),
    Sample("09_course", "GET", "/courses/{id}", "/courses/501"),
    Sample("10_lessons", "GET", "/lessons", "/lessons?course=501"),
    Sample("11_trainings", "GET", "/trainings", "/trainings?lesson_id=50101"),
    Sample("12_training_items", "GET", "/trainingItems", "/trainingItems?type=multiple_choice"),
    Sample("13_stats", "GET", "/stats", "/stats"),
    Sample("14_lesson_progress", "GET", "/courses/{course}/lesson-progress", "/courses/501/lesson-progress"),
    Sample("15_progress_history", "GET", "/progress-history", "/progress-history?granularity=month"),
    Sample("16_cefr_report", "GET", "/cefr/report", "/cefr/report"),
    Sample("17_learning_insights", "GET", "/learning-insights", "/learning-insights"),
    Sample("18_gamification_stats", "GET", "/gamification/stats", "/gamification/stats"),
    Sample("19_leaderboard", "GET", "/gamification/leaderboard", "/gamification/leaderboard?period=all"),
    of_webhooks("20_webhooks", "GET"),
    of_webhooks("21_create_webhook", "POST", "", {"url": URL, "events": ["lesson.completed"]}),
    of_webhooks("22_update_webhook", "PUT", "/{id}", {"url": URL, "events": ["lesson.*"]}, id=USED),
    of_webhooks("24_test_webhook", "POST", "/{id}/test", {}, id=USED),
    of_webhooks("25_webhook_deliveries", "GET", "/{id}/deliveries", id=SHOWN),
    Sample("26_exports", "GET", EXPORTS, EXPORTS, uid=OWNER),
    Sample("27_start_export", "POST", EXPORTS, EXPORTS, {"type": "activity"}, uid=OWNER),
    Sample("28_export", "GET", f"{EXPORTS}/{{id}}", f"{EXPORTS}/{DONE}", uid=OWNER),
    of_xapi("35_xapi_endpoints", "GET"),
    of_xapi("36_register_xapi_endpoint", "POST", "", {"url": STORE, "token": "abc"}),
    of_xapi("37_update_xapi_endpoint", "PUT", "/{id}", {"token": "abc"}, id=USED_ENDPOINT),
    of_lti("30_lti_consumers", "GET"),
    of_lti("31_register_lti_consumer", "POST", "", NEW_PLATFORM),
    of_lti("update_lti_consumer", "PUT", "/{id}", {"name": "LMS"}, id=USED_PLATFORM),
    of_lti("invite_lti_consumer", "POST", "/invitations", {}),
    Sample(
        *("34_push_grade", "POST", PASSBACK, PASSBACK.format(launch=USED_LAUNCH)),
        {"score_given": 8, "score_maximum": 10},
        uid=OWNER,
    ),
    of_imports("42_bulk_import", "POST", BULK, "", {"csv": "external_id\nS-1\n", "dry_run": True}),
    of_imports("import", "GET", IMPORT, f"/{PLANNED}"),
    of_imports("import_rows", "GET", f"{IMPORT}/rows", f"/{PLANNED}/rows"),
    of_imports("import_errors", "GET", f"{IMPORT}/errors", f"/{PLANNED}/errors"),
    of_imports("apply_import", "POST", f"{IMPORT}/apply", f"/{USED_IMPORT}/apply", {}),
    Sample("44_sso", "GET", "/institutions/{id}/sso", SSO, uid=OWNER),
    Sample("45_save_sso", "PUT", "/institutions/{id}/sso", SSO, {"protocol": "saml"}, uid=OWNER),
    Sample("39_institutions", "GET", INSTITUTIONS, INSTITUTIONS, uid=OWNER),
    Sample(
        *("40_create_institution", "POST", INSTITUTIONS, INSTITUTIONS),
        {"name": "見本校", "code": "sample", "parent_id": KAKEHASHI, "domains": ["sample.example"]},
        uid=OWNER,
        undo=(delete(organization_domains), delete(organizations).where(organizations.c.code == "sample")),
    ),
    Sample("41_members", "GET", MEMBERS, f"{INSTITUTIONS}/{KAKEHASHI}/members", uid=OWNER),
    Sample("43_analytics", "GET", ANALYTICS, f"{INSTITUTIONS}/{KAKEHASHI}/analytics", uid=OWNER),
    Sample("institution", "GET", INSTITUTION, f"{INSTITUTIONS}/2002", uid=OWNER),
    Sample("46_compliance", "GET", COMPLIANCE, COMPLIANCE.format(id=2001), uid=OWNER),
    Sample("47_subscription_plans", "GET", "/subscription-plans", "/subscription-plans", nobody=True),
    Sample("51_trial_status", "GET", "/trial/status", "/trial/status"),
    Sample("abilities", "GET", "/integrations/abilities", "/integrations/abilities"),
    of_webhooks("webhook", "GET", "/{id}", id=SHOWN),
    of_webhooks("patch_webhook", "PATCH", "/{id}", {"ordered": True}, id=USED),
    of_webhooks("rotate_webhook_secret", "POST", "/{id}/rotate-secret", {}, id=USED),
    of_webhooks("replay_deliveries", "POST", "/{id}/replay", {}, id=USED),
    of_webhooks("retry_delivery", "POST", "/{id}/deliveries/{delivery}/retry", {}, id=USED, delivery=FIRST_USED),
    of_upstreams("upstreams", "GET", "upstreams", "upstreams"),
    of_upstreams("create_upstream", "POST", "upstreams", "upstreams", {"name": "sample", "url": URL}),
    of_upstreams("upstream", "GET", "upstreams/{id}", f"upstreams/{SHOWN_UPSTREAM}"),
    of_upstreams("patch_upstream", "PATCH", "upstreams/{id}", f"upstreams/{USED_UPSTREAM}", {"is_active": True}),
    of_upstreams("collected_usage", "GET", "collected-usage", "collected-usage"),
)


def decided(sample: Sample) -> Any:  # noqa: ANN401  # JSON has no types
    """The content of a sample."""
    return json.loads(FOLDER.joinpath(f"{sample.name}.json").read_text("utf-8"))


def differences(ours: Any, theirs: Any, place: str = "") -> Iterator[str]:  # noqa: ANN401  # JSON has no types
    """Where two contents differ in keys, their order, or types; every row of ours is held against their first."""
    name = place.rpartition(".")[2]
    if (ours is None) != (theirs is None):
        if name not in NULLABLE:
            yield f"{place}: {kind_of(ours)} instead of {kind_of(theirs)}"
    elif kind_of(ours) != kind_of(theirs):
        yield f"{place}: {kind_of(ours)} instead of {kind_of(theirs)}"
    elif isinstance(ours, dict):
        if list(ours) != list(theirs):
            yield f"{place}: {list(ours)} instead of {list(theirs)}"
        for key in ours.keys() & theirs.keys():
            yield from differences(ours[key], theirs[key], f"{place}.{key}")
    elif isinstance(ours, list) and theirs:
        for row in ours:
            yield from differences(row, theirs[0], f"{place}[]")


def kind_of(value: object) -> str:
    """What a value is in JSON; a whole number and a fraction are both numbers."""
    kinds = {dict: "object", list: "list", str: "text", bool: "flag", int: "number", float: "number"}
    return kinds.get(type(value), "null")


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
async def test_an_answer_has_the_keys_of_its_sample_in_their_order_and_their_types(api: Api, sample: Sample) -> None:
    answer = await sample.ask(api)
    assert answer.is_success
    assert list(differences(answer.json(), decided(sample))) == []


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample.method == "GET"], ids=str)
async def test_the_stepwise_engine_gives_the_same_answer(api: Api, stepwise_api: Api, sample: Sample) -> None:
    found = [await sample.ask(one) for one in (api, stepwise_api)]
    if sample.name != "03_tokens":
        assert found[0].json() == found[1].json()
    assert list(differences(found[1].json(), decided(sample))) == []


def test_every_operation_with_a_body_in_its_answer_has_a_sample() -> None:
    sampled = {(sample.method, sample.path) for sample in SAMPLES}
    # What Stripe has to be asked for is held to its keys in tests/billing.
    here = [line for line in LINES if not line.path.startswith("/billing/")]
    with_body = [line for line in here if line.method != "DELETE" and line.media == JSON]
    assert {(line.method, line.path) for line in with_body} == sampled
    assert {sample.name for sample in SAMPLES} == {path.stem for path in FOLDER.glob("*.json")}


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, [": ['a', 'b'] instead of ['b', 'a']"]),
        ({"a": [{"b": "x"}]}, {"a": [{"b": 1}]}, [".a[].b: text instead of number"]),
        ({"a": None}, {"a": 1}, [".a: null instead of number"]),
        ({"to": None}, {"to": 1}, []),
        ({"a": 1.5}, {"a": 1}, []),
        ({"a": True}, {"a": 1}, [".a: flag instead of number"]),
    ],
)
def test_a_difference_is_seen(ours: object, theirs: object, found: list[str]) -> None:
    assert list(differences(ours, theirs)) == found
