"""An export as it gets on, over a subscription that ends by itself."""

import json
from typing import Any

from tests.accounts.calling import COACH, Caller, by_auth0
from tests.exports.exporting import Exports

FOLLOW = """
subscription($n: Int!) { exportUpdated(legacyId: $n) { legacyId export { status rowCount progress downloadPath } } }
"""


async def followed(caller: Caller, number: int) -> list[dict[str, Any]]:
    """Everything that is told of an export until the stream ends."""
    headers = {**caller.to, "Accept": "text/event-stream"}
    body = {"query": FOLLOW, "variables": {"n": number}}
    answer = await caller.client.post("/graphql", json=body, headers=headers)
    lines = [line.removeprefix("data:").strip() for line in answer.text.splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line]


async def test_an_export_is_followed_until_it_is_finished(made: Exports) -> None:
    number = await made.asked("activity")
    told = [one["data"]["exportUpdated"] for one in await followed(made.owner, number)]
    done = await made.shown(number)
    assert {one["legacyId"] for one in told} == {number}
    assert told[-1]["export"] == {
        "status": "COMPLETED",
        "rowCount": done["row_count"],
        "progress": 1.0,
        "downloadPath": f"/api/integrations/exports/{number}/download",
    }
    order = ["PENDING", "PROCESSING", "COMPLETED"]
    statuses = [order.index(one["export"]["status"]) for one in told]
    assert statuses == sorted(statuses)
    # What is finished is told once.
    (again,) = await followed(made.owner, number)
    assert again["data"]["exportUpdated"] == told[-1]


async def test_exports_of_others_cannot_be_followed(idle: Exports) -> None:
    number = await idle.asked("activity")
    coach = await by_auth0(idle.running, COACH)
    headers = {**coach.to, "Accept": "text/event-stream"}
    body = {"query": FOLLOW, "variables": {"n": number}}
    refused = (await coach.client.post("/graphql", json=body, headers=headers)).text
    (line,) = [one.removeprefix("data:") for one in refused.splitlines() if one.startswith(("data:", "{"))]
    assert json.loads(line)["errors"][0]["extensions"] == {
        "code": "NOT_FOUND",
        "reason": "export_unknown",
        "field": "legacyId",
    }
