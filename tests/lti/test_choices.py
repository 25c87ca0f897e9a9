"""Tests that what a platform says of a choice is kept as it came, in whatever way it writes it."""

import json
import math

import pytest

from resolvers.lti.reading import can_be_kept
from tests.lti.visiting import Browser, Visit

SETTINGS = {
    "deep_link_return_url": "https://lms.example.jp/return",
    "accept_types": ["ltiResourceLink"],
    "accept_presentation_document_targets": ["iframe"],
}


def nested(depth: int) -> object:
    """Lists in lists."""
    value: object = "data"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "data",
    ["", "日本\n", None, 0, 1.5, False, [], {"course": 7, "back": ["to the unit", None, {"": "ü"}]}, nested(31)],
    ids=repr,
)
async def test_data_of_any_kind_is_kept_as_it_came(visit: Visit, browser: Browser, data: object) -> None:
    login = await browser.login(visit.platform)
    choice = visit.platform.choice(login.nonce, deep_linking_settings={**SETTINGS, "data": data})
    assert (await browser.launch(login, choice)).status_code == 302
    (launch,) = await visit.launches()
    assert json.dumps(launch.deep_linking) == json.dumps({**SETTINGS, "data": data})


@pytest.mark.parametrize(
    "data", ["a\x00b", {"a": ["\ud800"]}, {"\x00": 1}, nested(32)], ids=["nul", "half", "key", "deep"]
)
async def test_data_that_cannot_be_kept_is_refused_and_nothing_is(visit: Visit, browser: Browser, data: object) -> None:
    login = await browser.login(visit.platform)
    choice = visit.platform.choice(login.nonce, deep_linking_settings={**SETTINGS, "data": data})
    answer = await browser.launch(login, choice)
    assert (answer.status_code, "deep_linking_settings.data" in answer.text) == (400, True)
    assert await visit.launches() == []


def test_a_number_that_is_too_large_to_be_one_cannot_be_kept() -> None:
    # Whoever reads 1e999 finds infinity, which JSON has no word for.
    assert json.loads("1e999") == math.inf
    assert [can_be_kept(value) for value in (math.inf, {"a": [-math.inf]}, 1e308, 10**30)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("written", "kept"), [(True, True), (False, False), ("true", True), ("false", False), ("yes", None), (1, None)]
)
async def test_a_yes_may_be_a_text_as_moodle_writes_it(
    visit: Visit, browser: Browser, written: object, kept: bool | None
) -> None:
    login = await browser.login(visit.platform)
    told = {**SETTINGS, "accept_multiple": written, "accept_lineitem": written}
    assert (
        await browser.launch(login, visit.platform.choice(login.nonce, deep_linking_settings=told))
    ).status_code == 302
    (launch,) = await visit.launches()
    named = {} if kept is None else {"accept_multiple": kept, "accept_lineitem": kept}
    assert launch.deep_linking == {**SETTINGS, **named}
