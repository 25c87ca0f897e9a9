"""Tests that the measured documents fit the graph, and that the fixture and its bodies are told apart by version."""

import hashlib
import json
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from bench.database import FIXTURE, digest
from bench.documents import QUESTIONS, STUDENTS, Question

SCHEMA = Path(__file__).parents[2] / "schema.graphql"


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_a_document_fits_the_graph(question: Question) -> None:
    errors = validate(build_schema(SCHEMA.read_text("utf-8")), parse(question.document))
    assert [error.message for error in errors] == []


def test_bodies_rotate_and_are_the_same_in_every_run() -> None:
    roster, student = QUESTIONS["Q1"], QUESTIONS["Q3"]
    drawn = roster.variables("auth0|bench-owner")
    assert drawn == roster.variables("auth0|bench-owner")
    assert len(drawn) == 1000
    assert {each["organization"] for each in drawn} == {"org1", "org8", "org12", "org16", "org20"}
    assert len({str(each["uid"]) for each in student.variables("auth0|bench-operator")}) > 980
    assert json.loads(roster.body(drawn[0])) == {
        "query": roster.document,
        "operationName": "Roster",
        "variables": drawn[0],
    }
    assert "\n" not in roster.body(drawn[0])


def test_the_fixture_has_as_many_students_as_are_drawn_from_and_its_digest_is_of_its_text() -> None:
    text = FIXTURE.read_text("utf-8")
    assert text.count(f"generate_series(1, {STUDENTS})") == 6
    assert digest() == hashlib.sha256(text.encode()).hexdigest()[:16]
