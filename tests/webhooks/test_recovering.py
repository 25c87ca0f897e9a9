"""What must hold whatever dies in between: nothing is lost, nothing is invented, what comes twice has one id."""

import asyncio
import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import update

from db.accounts import staff
from db.connections.database import connect
from db.webhooks import deliveries, webhooks
from jobs.settings import JobSettings
from jobs.timetable import forget_deliveries
from jobs.webhooks.dispatcher import Pace
from jobs.worker import working
from resolvers.sealing import Sealer
from resolvers.webhooks.retries import MOST_LOST, SHORT
from tests.accounts.calling import OWNER, count
from tests.egress.receiver import answer_ok, receiving
from tests.webhooks.hooks import HERE, QUICK, WEBHOOKS, at, headers, hooking, ids, until

BRIEF = Pace(lease_s=1.0, attempt_s=1.0)


async def test_what_was_left_while_no_worker_was_there_is_delivered_when_one_is(url: str, data_dir: Path) -> None:
    async with receiving() as receiver:
        async with hooking(url, data_dir, works=False) as hooks:
            made = await hooks.made(at(receiver))
            told = await hooks.happen(5)
            await hooks.ping(made["id"])
            two_days = datetime.now(UTC) - timedelta(hours=48)
            async with hooks.running.database.writing() as transaction:
                await transaction.execute(update(deliveries).values(created_at=two_days, next_attempt_at=two_days))
        assert receiver.requests == []
        async with hooking(url, data_dir) as hooks:
            found = await hooks.finished(made["id"], 6)
    assert sorted(ids(receiver)) == sorted(one["event_id"] for one in found)
    assert set(told) < set(ids(receiver))


async def test_nobody_has_to_wake_a_worker(url: str, data_dir: Path) -> None:
    async with receiving() as receiver, hooking(url, data_dir) as hooks:
        made = await hooks.made(at(receiver))
        database = hooks.running.database
        # Whoever commits dies before it can tell.
        told_of_news, database.after_news = database.after_news, []
        told = await hooks.happen(3)
        await hooks.finished(made["id"], 3)
        database.after_news = told_of_news
    assert sorted(ids(receiver)) == sorted(told)


async def test_what_a_worker_had_begun_when_it_died_is_made_again_by_another(url: str, data_dir: Path) -> None:
    async with receiving() as receiver, hooking(url, data_dir, works=False) as hooks:
        made = await hooks.made(at(receiver), [])
        number = await hooks.ping(made["id"])
        # As a worker leaves it that is killed after the request and before the record: begun, and its lease runs out.
        await hooks.set(made["id"], lease_token="dead", lease_until=datetime.now(UTC) + timedelta(seconds=1))
        await hooks.set_delivery(number, lease_token="dead", attempt_count=1)
        wanted = JobSettings(database_url=url, data_dir=data_dir, egress_allow=HERE)
        async with working(wanted, hooks.running.database):
            await asyncio.sleep(0.5)
            assert receiver.requests == []
            (delivery,) = await hooks.finished(made["id"], 1)
        assert [one.number for one in await hooks.attempts(number)] == [2]
    assert (delivery["status"], delivery["attempts"]) == ("delivered", 2)
    assert len(receiver.requests) == 1


async def test_whoever_lost_a_webhook_records_nothing_of_it(url: str, data_dir: Path) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        begun.set()
        await go_on.wait()
        await answer_ok(writer)

    async with receiving(late) as receiver, hooking(url, data_dir) as hooks:
        made = await hooks.made(at(receiver), [])
        number = await hooks.ping(made["id"])
        await begun.wait()
        # Somebody else holds the webhook and has begun the delivery anew.
        await hooks.set(made["id"], lease_token="another", lease_until=datetime.now(UTC) + timedelta(hours=1))
        await hooks.set_delivery(number, lease_token="another", attempt_count=2)
        go_on.set()
        await asyncio.sleep(1)
        (delivery,) = await hooks.delivered(made["id"])
        assert await hooks.attempts(number) == []
    assert (delivery["status"], delivery["attempts"]) == ("pending", 2)


async def test_two_workers_deliver_everything_once(url: str, data_dir: Path) -> None:
    wanted = JobSettings(database_url=url, data_dir=data_dir, egress_allow=HERE, webhook_retry_delays=QUICK)
    async with receiving() as receiver, hooking(url, data_dir) as hooks:
        another = connect(url)
        await another.open()
        async with working(wanted, another):
            made = [await hooks.made(at(receiver, str(n))) for n in range(4)]
            told = await hooks.happen(60)
            for one in made:
                await hooks.finished(one["id"], 60)
        await another.close()
    assert sorted(ids(receiver)) == sorted(told * 4)


async def test_a_delivery_that_ends_whoever_makes_it_is_given_up(url: str, data_dir: Path) -> None:
    async with receiving() as receiver, hooking(url, data_dir, works=False) as hooks:
        made = await hooks.made(at(receiver), [])
        poison, well = await hooks.ping(made["id"]), await hooks.ping(made["id"])
        await hooks.set_delivery(poison, attempt_count=len(SHORT) + 1 + MOST_LOST, lease_token="dead")
        async with working(JobSettings(database_url=url, data_dir=data_dir, egress_allow=HERE), hooks.running.database):
            first, second = await hooks.finished(made["id"], 2)
        (attempt,) = await hooks.attempts(poison)
    assert (first["id"], first["status"]) == (poison, "dead")
    assert attempt.error.startswith("Whoever began it was never heard of again")
    assert (second["id"], second["status"]) == (well, "delivered")
    assert ids(receiver) == [second["event_id"]]


async def test_a_secret_that_no_key_opens_fails_alone_until_its_key_is_back(url: str, data_dir: Path) -> None:
    key, secret = Fernet.generate_key().decode(), "a-secret-under-another-key"
    wanted = JobSettings(database_url=url, data_dir=data_dir, egress_allow=HERE, webhook_retry_delays=(3600.0,))
    async with receiving() as receiver, receiving() as other, hooking(url, data_dir, works=False) as hooks:
        locked, *well = [await hooks.made(at(one), []) for one in (receiver, other, other)]
        await hooks.set_secret(locked["id"], Sealer([key]).seal(secret))
        number, pings = await hooks.ping(locked["id"]), [await hooks.ping(one["id"]) for one in well for _ in range(3)]

        async def is_tried() -> list[Any]:
            return await hooks.attempts(number)

        async with working(wanted, hooks.running.database):
            for one in well:
                await hooks.finished(one["id"], 3)
            (attempt,) = await until(is_tried)
        (delivery,) = await hooks.delivered(locked["id"])
        assert (len(other.requests), receiver.connections) == (len(pings), 0)
        assert (delivery["status"], delivery["attempts"], delivery["next_retry_at"] is None) == ("failed", 1, False)
        assert attempt.response_code is None
        assert attempt.error.startswith("The webhook's secret cannot be opened. This was sealed with a key that")
        await hooks.set_delivery(number, next_attempt_at=datetime.now(UTC))
        async with working(wanted.model_copy(update={"sealing_keys": (key,)}), hooks.running.database):
            (delivery,) = await hooks.finished(locked["id"], 1)
        signed, body = headers(receiver)["x-signature-256"], receiver.requests[0][1]
    assert (delivery["status"], delivery["attempts"], len(receiver.requests)) == ("delivered", 2, 1)
    assert signed == hmac.new(secret.encode(), body, sha256).hexdigest()


async def test_one_receiver_that_hangs_does_not_slow_the_other_99(url: str, data_dir: Path) -> None:
    async def never(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    async with receiving() as well, receiving(never) as hanging, hooking(url, data_dir) as hooks:
        stuck = await hooks.made(at(hanging))
        made = [await hooks.made(at(well, str(n))) for n in range(99)]
        told = await hooks.happen(4)

        async def all_of_it() -> bool:
            return len(well.requests) == 99 * 4

        await until(all_of_it)
        waiting = await hooks.delivered(stuck["id"])
        assert {one["status"] for one in waiting} == {"pending"}
        await hooks.finished(made[-1]["id"], 4)
        # What hangs is not waited for at the end of the worker either: its lease runs out by itself.
        await hooks.owner.delete(f"{WEBHOOKS}/{stuck['id']}")
    assert sorted(ids(well)) == sorted(told * 99)


async def test_an_answer_that_does_not_come_is_a_failure(url: str, data_dir: Path) -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.2)

    async with receiving(trickle) as receiver, hooking(url, data_dir, pace=BRIEF) as hooks:
        made = await hooks.made(at(receiver), [])
        number = await hooks.ping(made["id"])
        (delivery,) = await hooks.finished(made["id"], 1)
        attempts = await hooks.attempts(number)
    assert delivery["status"] == "dead"
    assert [(one.response_code, one.error) for one in attempts] == [
        (None, "There was no whole answer within 1 seconds.")
    ] * 4


async def test_whoever_fails_for_five_days_is_switched_off(url: str, data_dir: Path) -> None:
    async def broken(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with receiving(broken) as receiver, hooking(url, data_dir) as hooks:
        made = await hooks.made(at(receiver), [])
        await hooks.set(made["id"], failing_since=datetime.now(UTC) - timedelta(days=5, minutes=1))
        number = await hooks.ping(made["id"])
        await hooks.finished(made["id"], 1)
        shown = await hooks.shown(made["id"])
        (delivery,) = await hooks.delivered(made["id"])
    assert (shown["is_active"], shown["disabled_reason"]) == (False, "failing")
    assert (delivery["id"], delivery["status"], delivery["attempts"]) == (number, "skipped", 1)


async def test_documents_that_do_not_fit_any_more_switch_their_webhook_off(url: str, data_dir: Path) -> None:
    async with receiving() as receiver, hooking(url, data_dir, works=False) as hooks:
        made = await hooks.made(at(receiver))
        await hooks.set(made["id"], document="subscription { eventStream { whatWasThereOnce } }")
        well = await hooks.made(at(receiver), document="subscription { eventStream { id } }")
        async with working(JobSettings(database_url=url, data_dir=data_dir, egress_allow=HERE), hooks.running.database):
            told = await hooks.happen()
            await hooks.finished(well["id"], 1)
        shown = await hooks.shown(made["id"])
    assert (shown["is_active"], shown["disabled_reason"]) == (False, "document")
    assert ids(receiver) == told


async def test_what_was_finished_a_month_ago_is_forgotten(url: str, data_dir: Path) -> None:
    async with receiving() as receiver, hooking(url, data_dir) as hooks:
        made = await hooks.made(at(receiver), [])
        old, young = await hooks.ping(made["id"]), await hooks.ping(made["id"])
        await hooks.finished(made["id"], 2)
        await hooks.set_delivery(old, finished_at=datetime.now(UTC) - timedelta(days=31))
        assert await forget_deliveries(hooks.running.database) == 1
        assert [one["id"] for one in await hooks.delivered(made["id"])] == [young]


async def test_an_owner_who_may_not_come_in_any_more_is_told_nothing(url: str, data_dir: Path) -> None:
    async with receiving() as receiver, hooking(url, data_dir) as hooks:
        await hooks.made(at(receiver))
        async with hooks.running.database.writing() as transaction:
            locked = update(staff).where(staff.c.uid == OWNER)
            await transaction.execute(locked.values(locked_at=datetime.now(UTC)))
        await hooks.happen(2)
        await asyncio.sleep(1.5)
        assert await count(hooks.running.database, deliveries) == 0
        assert await count(hooks.running.database, webhooks) == 1
    assert receiver.requests == []


async def test_an_idempotency_key_queues_one_ping(url: str, data_dir: Path) -> None:
    async with receiving() as receiver, hooking(url, data_dir) as hooks:
        made = await hooks.made(at(receiver), [])
        path, key = f"{WEBHOOKS}/{made['id']}/test", {"Idempotency-Key": "the-same"}
        first = await hooks.owner.client.post(path, json={}, headers={**hooks.owner.to, **key})
        second = await hooks.owner.client.post(path, json={}, headers={**hooks.owner.to, **key})
        assert first.json() == second.json()
        assert len(await hooks.finished(made["id"], 1)) == 1
    assert len(receiver.requests) == 1
