"""Abilities: the catalogue at GET /api/integrations/abilities, and which one each door needs."""

import pytest

from tests.talktiko.asking import INVALID_ABILITY, LIST_KEYS, Api
from tests.talktiko.doors import LINES, NEEDING, WITH_TOKEN, Line

PATH = "/integrations/abilities"
KEYS = ["name", "description"]
CATALOGUE = {
    "tokens:read": "List your API tokens.",
    "tokens:write": "Make and revoke API tokens; none that may do more than this one.",
    "institutions:read": "Read organizations, their sections and groups.",
    "institutions:write": "Make organizations; change their names, mail domains, looks and compliance documents.",
    "members:read": "Read students and what they take, who belongs to an organization, and imports of these.",
    "members:write": "Give people roles in an organization, end them, and import members.",
    "courses:read": "Read courses, lessons, trainings and training items.",
    "progress:read": "Read progress, history, CEFR levels, insights, achievements and leaderboards.",
    "progress:write": "Record your own progress.",
    "progress:feed": "Read the usage feed (利用実績) of all learners, and what was collected of others.",
    "analytics:read": "Read numbers over many learners.",
    "notices:read": "Read notices (お知らせ).",
    "profile:write": "Change your own school and date of birth.",
    "events:read": "Follow everything that happens within your reach.",
    "webhooks:read": "List webhooks, and what was delivered to them.",
    "webhooks:write": "Make, change, test and remove webhooks, and deliver again.",
    "exports:read": "List your exports, and fetch their files.",
    "exports:write": "Export learner progress, completions and activity, and whatever else this token may read.",
    "upstreams:read": "List the products whose usage feed (利用実績) is collected.",
    "upstreams:write": "Register, change and remove products whose usage feed is collected.",
    "xapi:read": "List xAPI endpoints, and the statements on their way there.",
    "xapi:write": "Register, change and remove xAPI endpoints.",
    "lti:read": "List LTI platforms, launches from there, and the grades that go back.",
    "lti:write": "Register, change and remove LTI platforms, send grades, and fill sections from there.",
    "billing:read": "Read what organizations subscribe to.",
    "billing:write": "Subscribe, open the billing portal, and use promotion codes.",
    "sso:manage": "See and change how people of an organization sign in by its identity provider.",
    "audit:read": "Read who read which student's data, and who changed whose role.",
}


async def test_the_catalogue_says_what_each_ability_opens(api: Api) -> None:
    answer = await api.get(PATH)
    content = answer.json()
    assert (answer.status_code, list(content)) == (200, ["data"])
    assert content["data"] == [{"name": name, "description": text} for name, text in CATALOGUE.items()]
    assert {tuple(row) for row in content["data"]} == {tuple(KEYS)}


async def test_the_catalogue_is_for_any_token(api: Api) -> None:
    answers = [await api.ask("GET", PATH, abilities=abilities) for abilities in (("courses:read",), ("*",))]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("line", NEEDING, ids=str)
async def test_a_token_with_every_other_ability_is_refused(api: Api, line: Line) -> None:
    others = tuple(name for name in CATALOGUE if name != line.ability)
    answer = await line.ask(api, abilities=others)
    assert (answer.status_code, answer.json()) == (403, INVALID_ABILITY)


@pytest.mark.parametrize("line", NEEDING, ids=str)
async def test_the_one_ability_is_enough(api: Api, line: Line) -> None:
    answer = await line.ask(api, abilities=(str(line.ability),))
    assert answer.status_code == line.status
    if line.is_list:
        assert list(answer.json()) == LIST_KEYS


@pytest.mark.parametrize("line", [line for line in WITH_TOKEN if line.ability is None], ids=str)
async def test_a_door_for_any_token_needs_no_ability(api: Api, line: Line) -> None:
    answer = await line.ask(api, abilities=("progress:write",))
    assert answer.status_code == 200


@pytest.mark.parametrize("line", NEEDING, ids=str)
async def test_a_missing_ability_is_problem_details_for_who_asks(api: Api, line: Line) -> None:
    accept = {"Accept": "application/problem+json"}
    answer = await line.ask(api, abilities=("progress:write",), headers=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert list(answer.json().items()) == [
        ("type", "urn:kakehashi:problem:ability_missing"),
        ("title", "Forbidden"),
        ("status", 403),
        ("detail", "Invalid ability provided."),
        ("code", "ability_missing"),
    ]


def test_every_ability_of_a_door_is_in_the_catalogue() -> None:
    assert {line.ability for line in LINES} - {None} <= set(CATALOGUE)
