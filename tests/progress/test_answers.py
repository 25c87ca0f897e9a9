"""Answers are marked from 0 to 1: what the demo's own solutions are worth, what is wrong, and what has no form."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.progress.answers import LONGEST, WrongAnswer, mark
from tests.progress.content import demo_items

ITEMS = demo_items()
NUMBER = "The answer is the number of a choice, counted from 0."
TEXT = "The answer is a text of at most 2000 characters."
FULL_WIDTH = {ord(one): chr(ord(one) + 0xFEE0) for one in map(chr, range(0x21, 0x7F))}
CHOICE: dict[str, Any] = {"choice": 2}
READING: dict[str, Any] = {"choices": [1, 0, 2]}
SPOKEN: dict[str, Any] = {"text": "I don't like tea.", "accept": ["I do not like tea."]}
GAP: dict[str, Any] = {"text": "fine", "accept": ["all right"]}
SOLUTIONS: dict[str, dict[str, Any]] = {
    "multiple_choice": CHOICE,
    "reading": READING,
    "dictation": SPOKEN,
    "gap_fill": GAP,
}


def written_ways(text: str) -> Iterator[str]:
    """Ways in which people write one text."""
    yield from (text, text.upper(), text.lower(), text.translate(FULL_WIDTH), text.replace(" ", "\u3000"))
    yield from (text.replace("'", mark) for mark in "’‘＇")
    yield from (f"{text} . ", f"{text}!?", f"{text}。")
    yield from (f"  {text.replace(' ', '   ')}\n", text.rstrip(".!?"))


def items_of(*types: str) -> list[Any]:
    """The demo's items of some types, as parameters."""
    return [pytest.param(item, id=f"{id_}") for id_, item in ITEMS.items() if item["type"] in types]


def test_the_demo_has_items_of_every_type() -> None:
    assert len(ITEMS) == 260
    assert {item["type"] for item in ITEMS.values()} == {*SOLUTIONS, "speaking"}


@pytest.mark.parametrize("item", items_of("multiple_choice"))
def test_the_right_choice_is_worth_1_and_every_other_0(item: dict[str, Any]) -> None:
    worth = [mark(item["type"], item["solution"], choice) for choice in range(len(item["payload"]["choices"]))]
    assert sorted(worth) == [0.0] * (len(worth) - 1) + [1.0]
    assert worth[item["solution"]["choice"]] == 1.0


@pytest.mark.parametrize("item", items_of("reading"))
def test_a_text_that_was_read_is_worth_the_share_of_its_right_choices(item: dict[str, Any]) -> None:
    right, questions = item["solution"]["choices"], item["payload"]["questions"]
    assert len(right) == len(questions)
    assert all(0 <= choice < len(question["choices"]) for choice, question in zip(right, questions, strict=True))
    assert mark("reading", item["solution"], right) == 1.0
    wrong = [(choice + 1) % len(question["choices"]) for choice, question in zip(right, questions, strict=True)]
    assert mark("reading", item["solution"], wrong) == 0.0
    assert mark("reading", item["solution"], [right[0], *wrong[1:]]) == round(1 / len(right), 4)


@pytest.mark.parametrize("item", items_of("dictation", "gap_fill"))
def test_every_accepted_text_is_worth_1_however_it_is_written(item: dict[str, Any]) -> None:
    for text in (item["solution"]["text"], *item["solution"]["accept"]):
        worth = {way: mark(item["type"], item["solution"], way) for way in written_ways(text)}
        assert set(worth.values()) == {1.0}, worth


@pytest.mark.parametrize("item", items_of("gap_fill"))
def test_another_text_in_the_gap_is_worth_0(item: dict[str, Any]) -> None:
    right = item["solution"]["text"]
    assert [mark("gap_fill", item["solution"], text) for text in ("", "x", f"{right}x", f"{right} {right}")] == [
        0.0
    ] * 4


@pytest.mark.parametrize("item", items_of("dictation"))
def test_a_dictation_of_other_words_is_worth_0_and_one_word_less_a_part(item: dict[str, Any]) -> None:
    words = item["solution"]["text"].split()
    assert mark("dictation", item["solution"], "zzz " * len(words)) == 0.0
    assert mark("dictation", item["solution"], "") == 0.0
    assert 0.5 < mark("dictation", item["solution"], " ".join(words[:-1])) < 1.0


@pytest.mark.parametrize("item", items_of("speaking"))
def test_speaking_is_not_marked_here(item: dict[str, Any]) -> None:
    with pytest.raises(WrongAnswer, match=r"^Speaking is marked by the client: send `score` and no answer\.$"):
        mark(item["type"], item["solution"], item["solution"]["text"])


@pytest.mark.parametrize(
    ("item_type", "answer", "worth"),
    [
        ("multiple_choice", 2, 1.0),
        ("multiple_choice", 0, 0.0),
        ("multiple_choice", -1, 0.0),
        ("multiple_choice", 10**30, 0.0),
        ("reading", [1, 0, 2], 1.0),
        ("reading", [1, 0, 0], 0.6667),
        ("reading", [0, 0, 0], 0.3333),
        ("reading", [0, 1, 0], 0.0),
        ("dictation", "i don’t like tea", 1.0),
        ("dictation", "I do not like tea", 1.0),
        # Two times the words that agree, by the words of both: 3 of 4 and 4.
        ("dictation", "I don't like coffee", 0.75),
        ("dictation", "I do not like coffee", 0.8),
        ("dictation", "tea like don't I", 0.25),
        ("dictation", "I don't, like tea", 0.75),
        ("gap_fill", "FINE", 1.0),
        ("gap_fill", "ｆｉｎｅ．", 1.0),
        ("gap_fill", "all\tright", 1.0),
        ("gap_fill", "fin", 0.0),
        ("gap_fill", "f i n e", 0.0),
    ],
)
def test_an_answer_has_its_worth(item_type: str, answer: object, worth: float) -> None:
    assert mark(item_type, SOLUTIONS[item_type], answer) == worth


@pytest.mark.parametrize("answer", [None, True, 2.0, "2", [2], {"choice": 2}], ids=json.dumps)
def test_what_is_no_number_is_no_choice(answer: object) -> None:
    with pytest.raises(WrongAnswer) as refused:
        mark("multiple_choice", CHOICE, answer)
    assert str(refused.value) == NUMBER


@pytest.mark.parametrize("answer", [None, 1, "102", {}, [], [1, 0], [1, 0, 2, 0]], ids=json.dumps)
def test_as_many_choices_as_questions_are_needed(answer: object) -> None:
    with pytest.raises(WrongAnswer) as refused:
        mark("reading", READING, answer)
    assert str(refused.value) == "The answer is a list of 3 numbers, one for each question."


@pytest.mark.parametrize("answer", [[1, 0, None], [1, 0, "2"], [1, False, 2], [1, 0, 2.0], [1, 0, [2]]], ids=json.dumps)
def test_what_is_no_number_among_the_choices_is_refused(answer: object) -> None:
    with pytest.raises(WrongAnswer) as refused:
        mark("reading", READING, answer)
    assert str(refused.value) == NUMBER


@pytest.mark.parametrize("item_type", ["dictation", "gap_fill"])
@pytest.mark.parametrize("answer", [None, 1, True, ["fine"], {"text": "fine"}, "x" * (LONGEST + 1)])
def test_what_is_no_text_or_too_long_is_refused(item_type: str, answer: object) -> None:
    with pytest.raises(WrongAnswer) as refused:
        mark(item_type, SOLUTIONS[item_type], answer)
    assert str(refused.value) == TEXT


@pytest.mark.parametrize("item_type", ["dictation", "gap_fill"])
def test_the_longest_text_is_marked(item_type: str) -> None:
    assert mark(item_type, SOLUTIONS[item_type], "x" * LONGEST) == 0.0
    assert mark(item_type, SOLUTIONS[item_type], "x " * (LONGEST // 2)) == 0.0


TEXTS = st.text(max_size=30) | st.sampled_from(["fine", "I don't", "ﬁne", "I do not like tea", "\ud800", "İ", "ﬃ"])
NUMBERS = st.integers() | st.integers(-1, 3) | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(item=st.sampled_from([*ITEMS.values()]), answer=JSON)
def test_any_answer_is_worth_0_to_1_or_is_refused_for_its_form(item: dict[str, Any], answer: object) -> None:
    with suppress(WrongAnswer):
        assert 0.0 <= mark(item["type"], item["solution"], answer) <= 1.0


@settings(deadline=None, max_examples=100)
@given(text=TEXTS, other=TEXTS)
def test_a_dictation_is_worth_1_only_where_the_gap_would_be_right(text: str, other: str) -> None:
    solution = {"text": text, "accept": []}
    dictated, filled = mark("dictation", solution, other), mark("gap_fill", solution, other)
    assert (dictated == 1.0) == (filled == 1.0)
