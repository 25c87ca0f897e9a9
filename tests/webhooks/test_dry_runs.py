"""dryRunWebhook: what would be sent, byte for byte, while nothing is sent and nothing queued."""

import json
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks

from db.webhooks import deliveries
from tests.accounts.calling import ADMINISTRATOR, OWNER, STUDENT, SUNDAI_OWNER, Caller, by_auth0, by_token, count
from tests.conftest import Running
from tests.egress.receiver import receiving
from tests.webhooks.hooks import Hooks, at, hooking

DRY = """mutation (
  $legacyId: Int, $events: [String!], $document: String, $secret: String, $seq: String, $eventType: String
) {
  dryRunWebhook(
    legacyId: $legacyId, events: $events, document: $document, secret: $secret, seq: $seq, eventType: $eventType
  ) { found body headers eventType seq wanted secret userErrors { field code } }
}"""
DOCUMENT = "subscription { eventStream { typeCode student { code } data } }"


async def dry(caller: Caller, **given: object) -> dict[str, Any]:
    """What would be sent."""
    return dict((await caller.data(DRY, given))["dryRunWebhook"])


async def seqs(hooks: Hooks) -> list[str]:
    """The numbers of all events."""
    async with hooks.running.database.engine.connect() as connection:
        found = await connection.exec_driver_sql("select seq from outbox order by seq")
        return [str(row[0]) for row in found]


@pytest.mark.parametrize("document", [None, DOCUMENT])
async def test_it_is_what_is_sent_then(url: str, data_dir: Path, document: str | None) -> None:
    async with receiving() as receiver:
        async with hooking(url, data_dir, works=False) as hooks:
            made = await hooks.made(at(receiver), ["student.*"], document=document)
            await hooks.happen(2)
            last = (await seqs(hooks))[-1]
            found = await dry(hooks.owner, legacyId=made["id"])
            assert await dry(hooks.owner, legacyId=made["id"], seq=last) | {"headers": None} == {
                **found,
                "headers": None,
            }
            assert await count(hooks.running.database, deliveries) == 0
        assert receiver.requests == []
        async with hooking(url, data_dir) as hooks:
            await hooks.finished(made["id"], 2)
    assert found["body"].encode() in [body for _, body in receiver.requests]
    assert (
        found["found"],
        found["eventType"],
        found["seq"],
        found["wanted"],
        found["secret"],
        found["userErrors"],
    ) == (
        *(True, "student.updated", last, True, None),
        [],
    )
    assert sorted(found["headers"]) == sorted(
        ["Content-Type", "X-Signature-256", "webhook-id", "webhook-signature", "webhook-timestamp"]
    )
    shown = standardwebhooks.Webhook(made["secret"]).verify(found["body"], found["headers"])
    assert shown == json.loads(found["body"])


async def test_a_webhook_that_is_only_described_is_signed_by_a_secret_that_is_shown(url: str, data_dir: Path) -> None:
    async with hooking(url, data_dir, works=False) as hooks:
        ping = await dry(hooks.owner, eventType="ping")
        assert json.loads(ping["body"])["type"] == "ping"
        assert (ping["seq"], ping["wanted"]) == (None, True)
        standardwebhooks.Webhook(ping["secret"]).verify(ping["body"], ping["headers"])
        own = await dry(hooks.owner, eventType="ping", secret="a-secret-of-our-own")
        assert own["secret"] == "a-secret-of-our-own"
        await hooks.happen()
        shaped = await dry(hooks.owner, document=DOCUMENT, events=["lesson.*"], eventType="student.updated")
        code = (await hooks.owner.data(f'{{ student(uid: "{STUDENT}") {{ code }} }}'))["student"]
        assert json.loads(shaped["body"])["data"] == {
            "typeCode": "student.updated",
            "student": code,
            "data": {"changed": []},
        }
        assert shaped["wanted"] is False
        assert await count(hooks.running.database, deliveries) == 0


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"seq": "999999"}, "EVENT_UNKNOWN"),
        ({"seq": "x"}, "SEQ_FORM"),
        ({"eventType": "lesson.completed"}, "EVENT_UNKNOWN"),
        ({"eventType": "nope"}, "EVENT_UNKNOWN"),
        ({"events": ["nope"]}, "EVENT_UNKNOWN"),
        ({"document": "{ viewer { uid } }"}, "DOCUMENT_MISFIT"),
        ({"secret": "short"}, "SECRET_FORM"),
    ],
)
async def test_what_is_wrong_is_told(url: str, data_dir: Path, given: dict[str, object], code: str) -> None:
    async with hooking(url, data_dir, works=False) as hooks:
        await hooks.happen()
        found = await dry(hooks.owner, **given)
        assert [mistake["code"] for mistake in found["userErrors"]] == [code]
        assert (found["body"], found["headers"], found["secret"]) == (None, None, None)


async def test_nobody_reads_with_it_what_is_not_theirs(url: str, data_dir: Path) -> None:
    async with hooking(url, data_dir, works=False) as hooks:
        made = await hooks.made("http://127.0.0.1:9/", document=DOCUMENT)
        await hooks.happen()
        (number,) = await seqs(hooks)
        sundai = await by_auth0(hooks.running, SUNDAI_OWNER)
        assert (await dry(sundai, legacyId=made["id"]))["found"] is False
        assert [one["code"] for one in (await dry(sundai, seq=number))["userErrors"]] == ["EVENT_UNKNOWN"]
        operator = await by_auth0(hooks.running, ADMINISTRATOR)
        assert [one["code"] for one in (await dry(operator, legacyId=made["id"]))["userErrors"]] == ["NOT_YOURS"]
        # A token without an ability that the document needs reads nothing by way of the webhook's own rights.
        able = await by_token(hooks.running, OWNER, ("webhooks:write", "events:read"))
        shaped = [(await dry(one, legacyId=made["id"]))["body"] for one in (hooks.owner, able)]
        own, narrow = [json.loads(body)["data"] for body in shaped]
        assert own["student"] is not None
        assert narrow == {**own, "student": None}
        unable = await by_token(hooks.running, OWNER, ("webhooks:write",))
        assert [one["code"] for one in (await dry(unable, legacyId=made["id"]))["userErrors"]] == ["NO_PAYLOAD"]


async def test_who_may_have_no_webhooks_may_not_try_one(hooked: Running) -> None:
    student = await by_auth0(hooked, STUDENT)
    refused = (await student.graph(DRY, {"eventType": "ping"})).json()
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
