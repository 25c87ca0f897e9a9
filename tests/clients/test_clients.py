"""Tests that clients which others wrote, with their defaults, read, write and are refused as their users expect."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import or_skip
from tests.clients.packages import node, npm_packages, python_packages
from tests.clients.server import Served

FOLDER = Path(__file__).parent
STUDENT = "auth0|demo-student"
# What each client writes is its own, so that no test finds what another wrote.
BORN = {"gql": "2011-02-03", "urql": "2011-04-05"}

ME = "query Me { viewer { uid roles student { dateOfBirth school { code } } } }"
COURSES = """query Courses($first: Int!, $order: CourseOrder) {
  courses(first: $first, orderBy: $order) { totalCount pageInfo { hasNextPage } nodes { ...Named subject { name } } }
}
fragment Named on Course { code name category }"""
STUDENTS = "query Students { students(first: 1) { totalCount } }"
CHANGE = """mutation Change($code: String!, $on: Date!) {
  updateMySchoolProfile(schoolCode: $code, dateOfBirth: $on) {
    student { dateOfBirth school { code } }
    userErrors { field code message }
  }
}"""

Operation = tuple[str, dict[str, object]]


def command_of(client: str) -> list[str]:
    """How a client is started; without what that takes the test is skipped."""
    with or_skip():
        if client == "gql":
            return [str(python_packages(FOLDER / "python") / "bin/python"), str(FOLDER / "ask_with_gql.py")]
        npm_packages(FOLDER)
        return [node(), str(FOLDER / "ask_with_urql.mjs")]


def answers(client: str, served: Served, operations: Sequence[Operation]) -> list[dict[str, Any]]:
    """What a client is told, one operation after the other, in one session of the demo student."""
    listed = [{"document": document, "variables": variables} for document, variables in operations]
    order = {"url": served.graph, "token": served.token(STUDENT), "operations": listed}
    ended = subprocess.run(command_of(client), input=json.dumps(order), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("client", BORN)
def test_a_client_reads_writes_and_is_refused(client: str, served: Served) -> None:
    change: dict[str, object] = {"code": "01102K", "on": BORN[client]}
    operations: list[Operation] = [
        (COURSES, {"first": 1, "order": {"field": "CODE", "direction": "DESC"}}),
        (CHANGE, change),
        (CHANGE, {**change, "code": "none", "on": "2000-01-01"}),
        (ME, {}),
        (STUDENTS, {}),
    ]
    courses, changed, unchanged, me, refused = answers(client, served, operations)
    last = {"code": "Z999Z01", "name": "atama+定期対策講座", "category": "ATAMA_PLUS", "subject": {"name": "英語"}}
    listed = {"totalCount": 15, "pageInfo": {"hasNextPage": True}, "nodes": [last]}
    assert courses == {"data": {"courses": listed}, "errors": []}
    student = {"dateOfBirth": BORN[client], "school": {"code": "01102K"}}
    assert changed == {"data": {"updateMySchoolProfile": {"student": student, "userErrors": []}}, "errors": []}
    wrong = {"field": ["schoolCode"], "code": "SCHOOL_UNKNOWN", "message": "There is no school with this code."}
    assert unchanged == {"data": {"updateMySchoolProfile": {"student": None, "userErrors": [wrong]}}, "errors": []}
    assert me == {"data": {"viewer": {"uid": STUDENT, "roles": ["STUDENT"], "student": student}}, "errors": []}
    assert refused["data"] is None
    (error,) = refused["errors"]
    assert error["path"] == ["students"]
    assert error["extensions"] == {"code": "FORBIDDEN", "reason": "operation_not_allowed", "field": "Query.students"}
