"""What a receiver gets: every event that it may hear of, once, signed, and again when it did not take it."""

import asyncio
import hmac
import json
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import pytest
import standardwebhooks

from db.webhooks import deliveries
from tests.accounts.calling import STUDENT, SUNDAI_OWNER, by_auth0, count
from tests.clients.conftest import or_skip
from tests.clients.packages import node, npm_packages
from tests.clients.test_clients import FOLDER as CLIENTS
from tests.egress.receiver import answer_ok, receiving
from tests.webhooks.hooks import WEBHOOKS, Hooks, at, bodies, headers, ids

PROFILE = 'mutation { updateMySchoolProfile(schoolCode: "01092J", dateOfBirth: "2010-02-04") { userErrors { code } } }'
DOCUMENT = "subscription { eventStream { typeCode student { code } data } }"


def answering(*statuses: int | str):  # type: ignore[no-untyped-def]  # an async function is what a receiver takes
    """Answer with these statuses, one after the other, and with the last one from then on."""
    left = list(statuses)

    async def answer(writer: asyncio.StreamWriter) -> None:
        status = left.pop(0) if len(left) > 1 else left[0]
        writer.write(f"HTTP/1.1 {status} Told\r\nContent-Length: 2\r\n\r\nno".encode())
        await writer.drain()

    return answer


async def test_a_command_is_told_with_a_thin_body(hooks: Hooks) -> None:
    async with receiving() as receiver:
        made = await hooks.made(at(receiver))
        student = await by_auth0(hooks.running, STUDENT)
        assert (await student.data(PROFILE))["updateMySchoolProfile"] == {"userErrors": []}
        (delivery,) = await hooks.finished(made["id"], 1)
        (body,) = bodies(receiver)
    assert list(body) == ["id", "type", "timestamp", "data"]
    assert (body["type"], body["id"]) == ("student.updated", delivery["event_id"])
    assert body["data"]["subject"]["type"] == "Student"
    assert sorted(body["data"]["changed"]) == ["date_of_birth", "school_code"]
    assert (delivery["status"], delivery["attempts"], delivery["response_code"]) == ("delivered", 1, 200)
    assert receiver.requests[0][0].startswith("POST / HTTP/1.1")


async def test_signatures_are_those_of_the_source_and_of_standard_webhooks(hooks: Hooks) -> None:
    async with receiving() as receiver:
        made = await hooks.made(at(receiver), [], secret="the-secret-of-the-receiver")
        await hooks.ping(made["id"])
        await hooks.finished(made["id"], 1)
        found, body = headers(receiver), receiver.requests[0][1]
        expected = hmac.new(b"the-secret-of-the-receiver", body, sha256).hexdigest()
        assert found["x-signature-256"] == expected
        assert found["content-type"] == "application/json"
        await hooks.owner.post(f"{WEBHOOKS}/{made['id']}/rotate-secret", {"secret": "a-secret-that-comes-after"})
        await hooks.ping(made["id"])
        await hooks.finished(made["id"], 2)
        found, body = headers(receiver), receiver.requests[1][1]
    assert found["x-signature-256"] == hmac.new(b"a-secret-that-comes-after", body, sha256).hexdigest()
    assert found["x-signature-256-previous"] == hmac.new(b"the-secret-of-the-receiver", body, sha256).hexdigest()
    assert found["webhook-signature"].count("v1,") == 2


@pytest.mark.skipif(shutil.which("php") is None, reason="PHP is not installed")
async def test_php_verifies_a_signature_as_the_source_prints_it(hooks: Hooks) -> None:
    async with receiving() as receiver:
        made = await hooks.made(at(receiver), [])
        await hooks.ping(made["id"])
        await hooks.finished(made["id"], 1)
    program = (
        "$signature = hash_hmac('sha256', stream_get_contents(STDIN), $argv[1]);"
        " echo hash_equals($signature, $argv[2]) ? 'valid' : 'wrong';"
    )
    command = ["php", "-r", program, str(made["secret"]), headers(receiver)["x-signature-256"]]
    for body, verdict in ((receiver.requests[0][1], b"valid"), (receiver.requests[0][1] + b" ", b"wrong")):
        assert (await asyncio.to_thread(subprocess.run, command, input=body, capture_output=True)).stdout == verdict


async def test_a_document_shapes_what_is_told(hooks: Hooks) -> None:
    async with receiving() as receiver:
        made = await hooks.made(at(receiver), document=DOCUMENT)
        await hooks.happen()
        await hooks.finished(made["id"], 1)
    (body,) = bodies(receiver)
    assert list(body["data"]) == ["typeCode", "student", "data"]
    assert body["data"]["typeCode"] == body["type"] == "student.updated"
    assert list(body["data"]["student"]) == ["code"]


async def test_nobody_is_told_of_others_or_of_what_was_not_asked_for(hooks: Hooks) -> None:
    async with receiving() as theirs, receiving() as wrong, receiving() as right:
        foreign = await by_auth0(hooks.running, SUNDAI_OWNER)
        await foreign.post(WEBHOOKS, {"url": at(theirs), "events": ["*"]})
        await hooks.made(at(wrong), ["lesson.*", "student.removed"][:1])
        made = await hooks.made(at(right), ["student.*"])
        told = await hooks.happen(3)
        await hooks.finished(made["id"], 3)
        await asyncio.sleep(0.3)
    assert sorted(ids(right)) == sorted(told)
    assert theirs.requests == wrong.requests == []


async def test_a_ping_may_be_named_among_the_events(hooks: Hooks) -> None:
    async with receiving() as receiver:
        made = await hooks.made(at(receiver), ["ping"])
        await hooks.happen()
        await hooks.ping(made["id"])
        await hooks.finished(made["id"], 1)
    assert [one["type"] for one in bodies(receiver)] == ["ping"]


async def test_what_happened_before_is_not_told(hooks: Hooks) -> None:
    async with receiving() as receiver:
        await hooks.happen()
        made = await hooks.made(at(receiver))
        (later,) = await hooks.happen()
        await hooks.finished(made["id"], 1)
        await asyncio.sleep(0.3)
    assert ids(receiver) == [later]


async def test_what_fails_is_tried_again_with_the_same_bytes(hooks: Hooks) -> None:
    async with receiving(answering(500, 500, 200)) as receiver:
        made = await hooks.made(at(receiver), [])
        number = await hooks.ping(made["id"])
        (delivery,) = await hooks.finished(made["id"], 1)
        assert [one.response_code for one in await hooks.attempts(number)] == [500, 500, 200]
    assert (delivery["status"], delivery["attempts"]) == ("delivered", 3)
    assert len({body for _, body in receiver.requests}) == 1
    assert len({headers(receiver, n)["webhook-id"] for n in range(3)}) == 1
    assert (await hooks.shown(made["id"]))["failing_since"] is None


async def test_after_the_first_try_and_three_more_it_is_given_up(hooks: Hooks) -> None:
    async with receiving(answering(503)) as receiver:
        made = await hooks.made(at(receiver), [])
        number = await hooks.ping(made["id"])
        (delivery,) = await hooks.finished(made["id"], 1)
        assert [(one.response_code, one.response_body) for one in await hooks.attempts(number)] == [(503, "no")] * 4
    assert (delivery["status"], delivery["attempts"], delivery["next_retry_at"]) == ("dead", 4, None)
    assert (await hooks.shown(made["id"]))["failing_since"] is not None


async def test_whoever_is_gone_is_switched_off_and_what_waits_is_skipped(hooks: Hooks) -> None:
    async with receiving(answering(410)) as receiver:
        made = await hooks.made(at(receiver), ordered=True)
        told = await hooks.happen(3)
        found = await hooks.finished(made["id"], 3)
    assert [one["status"] for one in found] == ["dead", "skipped", "skipped"]
    assert len(receiver.requests) == 1
    shown = await hooks.shown(made["id"])
    assert (shown["is_active"], shown["disabled_reason"]) == (False, "gone")
    async with receiving() as well:
        await hooks.owner.client.patch(
            f"{WEBHOOKS}/{made['id']}", json={"url": at(well), "is_active": True}, headers=hooks.owner.to
        )
        answer = await hooks.owner.post(f"{WEBHOOKS}/{made['id']}/replay", {})
        assert (answer.status_code, answer.json()["data"]["count"]) == (202, 3)
        await hooks.finished(made["id"], 6)
    assert ids(well) == told


async def test_retry_after_puts_a_try_off(hooks: Hooks) -> None:
    async def busy(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 429 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with receiving(busy) as receiver:
        made = await hooks.made(at(receiver), [])
        number = await hooks.ping(made["id"])
        async with asyncio.timeout(20):
            while not await hooks.attempts(number):
                await asyncio.sleep(0.02)
        (delivery,) = await hooks.delivered(made["id"])
        row = (await hooks.attempts(number))[0]
    assert delivery["status"] == "failed"
    waits = (datetime.fromisoformat(delivery["next_retry_at"]) - row.sent_at).total_seconds()
    assert 119 < waits < 125


async def test_redirects_are_failures(hooks: Hooks) -> None:
    async with receiving() as inner:

        async def away(writer: asyncio.StreamWriter) -> None:
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {at(inner)}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()

        async with receiving(away) as receiver:
            made = await hooks.made(at(receiver), [])
            number = await hooks.ping(made["id"])
            (delivery,) = await hooks.finished(made["id"], 1)
            assert [one.response_code for one in await hooks.attempts(number)] == [302] * 4
    assert delivery["status"] == "dead"
    assert inner.connections == 0


async def test_addresses_are_looked_at_again_before_each_attempt(hooks: Hooks) -> None:
    async with receiving() as receiver:
        made = await hooks.made(at(receiver), [])
        await hooks.set(made["id"], url=f"http://[::1]:{receiver.port}/")
        number = await hooks.ping(made["id"])
        (delivery,) = await hooks.finished(made["id"], 1)
        (first, *_) = await hooks.attempts(number)
    assert (delivery["status"], receiver.connections) == ("dead", 0)
    assert first.response_code is None
    assert first.error == "The address leads into a network that may not be reached."


async def test_of_a_long_answer_20000_bytes_are_kept(hooks: Hooks) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        for _ in range(1024):
            writer.write(b"\xff\x00a" * 1024)
            await writer.drain()

    async with receiving(endless) as receiver:
        made = await hooks.made(at(receiver), [])
        number = await hooks.ping(made["id"])
        (delivery,) = await hooks.finished(made["id"], 1)
        (only,) = await hooks.attempts(number)
    assert delivery["status"] == "delivered"
    assert len(only.response_body) == 20_000
    assert only.response_body.startswith("��a")


async def test_a_removed_webhook_is_sent_nothing_more(hooks: Hooks) -> None:
    async with receiving(answering(500)) as receiver:
        made = await hooks.made(at(receiver), schedule="long")
        await hooks.happen(3)
        async with asyncio.timeout(20):
            while len(receiver.requests) < 3:
                await asyncio.sleep(0.02)
        assert (await hooks.owner.delete(f"{WEBHOOKS}/{made['id']}")).status_code == 204
        await asyncio.sleep(0.5)
        assert len(receiver.requests) == 3
    assert await count(hooks.running.database, deliveries) == 0


async def test_in_order_means_that_nothing_overtakes(hooks: Hooks) -> None:
    async with receiving(answering(200, 500, 500, 200)) as receiver:
        made = await hooks.made(at(receiver), ordered=True)
        told = await hooks.happen(6)
        await hooks.finished(made["id"], 6)
    first = told[:2] + told[1:2] * 2 + told[2:]
    assert ids(receiver) == first


async def test_at_most_five_are_under_way_to_one_receiver(hooks: Hooks) -> None:
    running = most = 0

    async def slow(writer: asyncio.StreamWriter) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        await answer_ok(writer)

    async with receiving(slow) as receiver:
        made = await hooks.made(at(receiver))
        await hooks.happen(40)
        await hooks.finished(made["id"], 40)
    assert most == 5
    assert len(set(ids(receiver))) == len(receiver.requests) == 40


async def test_one_delivery_is_made_again_to_the_same_or_another_address(hooks: Hooks) -> None:
    async with receiving() as receiver, receiving() as other:
        made = await hooks.made(at(receiver))
        told = await hooks.happen(2)
        first, _ = await hooks.finished(made["id"], 2)
        again = await hooks.owner.post(f"{WEBHOOKS}/{made['id']}/deliveries/{first['id']}/retry", {})
        assert again.status_code == 202
        await hooks.finished(made["id"], 3)
        assert ids(receiver) == [*told, first["event_id"]]
        nothing = await hooks.owner.post(f"{WEBHOOKS}/{made['id']}/replay", {"to_url": at(other)})
        assert nothing.json()["data"]["count"] == 0
        all_of_it = await hooks.owner.post(
            f"{WEBHOOKS}/{made['id']}/replay", {"to_url": at(other), "only_failed": False}
        )
        assert all_of_it.json()["data"]["count"] == 2
        await hooks.finished(made["id"], 5)
    assert ids(other) == told
    assert len(receiver.requests) == 3


@dataclass(frozen=True, slots=True)
class Received:
    """A ping as its receiver got it."""

    secret: str
    body: str
    headers: dict[str, str]


@pytest.fixture
async def received(hooks: Hooks) -> Received:
    """A ping, signed with a secret of ours."""
    async with receiving() as receiver:
        made = await hooks.made(at(receiver), [])
        await hooks.ping(made["id"])
        await hooks.finished(made["id"], 1)
        return Received(str(made["secret"]), receiver.requests[0][1].decode(), headers(receiver))


async def test_the_library_of_standard_webhooks_for_python_verifies(received: Received) -> None:
    library = standardwebhooks.Webhook(received.secret)
    assert library.verify(received.body, received.headers)["type"] == "ping"
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        library.verify(f"{received.body} ", received.headers)


async def test_the_library_of_standard_webhooks_for_javascript_verifies(received: Received) -> None:
    with or_skip():
        npm_packages(CLIENTS)
        program = node()
    for body, expected in ((received.body, '"type":"ping"'), (f"{received.body} ", "refused: No matching signature")):
        command = [program, str(CLIENTS / "verify_webhook.mjs"), received.secret, body, json.dumps(received.headers)]
        ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, cwd=CLIENTS)
        assert expected in ended.stdout, ended.stderr
