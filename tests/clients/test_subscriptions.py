"""Tests that clients which others wrote follow what happens, over WebSockets and server-sent events."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import or_skip
from tests.clients.packages import node, npm_packages, python_packages
from tests.clients.server import Served

FOLDER = Path(__file__).parent
STUDENT, OWNER = "auth0|demo-student", "auth0|demo-owner-parent"
# Each client changes to values of its own, so that no test finds what another wrote.
BORN = {"gql": ("2012-01-01", "2012-01-02"), "urql": ("2012-02-01", "2012-02-02"), "sse": ("2012-03-01", "2012-03-02")}

CHANGE = """mutation Change($on: Date!) {
  updateMySchoolProfile(schoolCode: "01102K", dateOfBirth: $on) { userErrors { message } }
}"""
EVENTS = """subscription Events($after: String) {
  eventStream(types: [STUDENT_UPDATED], after: $after) { seq typeCode data student { uid dateOfBirth } }
}"""
RECORD = """mutation Record($events: [ProgressEventInput!]!) {
  recordProgress(events: $events) { userErrors { message } }
}"""
PROGRESS = "subscription Progress { progressUpdated { lessons { lessonLegacyId progress { lesson { legacyId } } } } }"


def follow(client: str, order: dict[str, object]) -> list[dict[str, Any]]:
    """The messages that a client takes; without what it needs the test is skipped."""
    with or_skip():
        if client == "gql":
            command = [str(python_packages(FOLDER / "python") / "bin/python"), str(FOLDER / "follow_with_gql.py")]
        else:
            npm_packages(FOLDER)
            command = [node(), str(FOLDER / f"follow_with_{client}.mjs")]
    ended = subprocess.run(command, input=json.dumps(order), capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("client", BORN)
def test_a_client_follows_events_and_goes_on_behind_the_last_one(client: str, served: Served) -> None:
    changes = [{"document": CHANGE, "variables": {"on": on}} for on in BORN[client]]
    who = {"url": served.graph, "token": served.token(OWNER), "changer": served.token(STUDENT)}
    order = {**who, "document": EVENTS, "variables": {}, "changes": changes, "take": 2}
    first, second = (message["eventStream"] for message in follow(client, order))
    for event in (first, second):
        assert (event["typeCode"], event["student"]["uid"]) == ("student.updated", STUDENT)
    assert second["student"]["dateOfBirth"] == BORN[client][1]
    again = {**order, "variables": {"after": first["seq"]}, "changes": [], "take": 1}
    assert [message["eventStream"]["seq"] for message in follow(client, again)] == [second["seq"]]


@pytest.mark.parametrize("client", BORN)
def test_a_learner_follows_what_is_recorded(client: str, served: Served) -> None:
    answered = {"clientId": f"by-{client}", "verb": "ANSWERED", "subject": "VHJhaW5pbmdJdGVtOjUwMTAxMDEwMQ=="}
    variables = {"events": [{**answered, "answer": 2, "durationMs": 8000}]}
    order = {
        "url": served.graph,
        "token": served.token(STUDENT),
        "changer": served.token(STUDENT),
        "document": PROGRESS,
        "variables": {},
        "changes": [{"document": RECORD, "variables": variables}],
        "take": 1,
    }
    (message,) = follow(client, order)
    lesson = {"lessonLegacyId": 50101, "progress": {"lesson": {"legacyId": 50101}}}
    assert message == {"progressUpdated": {"lessons": [lesson]}}
