"""deliveryUpdated: the deliveries of a webhook as they stand otherwise, for who may see it at that moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from db.accounts import staff
from gateway.settings import Settings
from jobs.settings import JobSettings
from jobs.worker import working
from tests.accounts.calling import OWNER, SUNDAI_OWNER, bearer, by_auth0, new_token
from tests.egress.receiver import Receiver, answer_ok, receiving
from tests.gateway.subscriptions.happening import change
from tests.gateway.subscriptions.serving import Client, Served, client_as, client_of, served
from tests.webhooks.hooks import HERE, QUICK, Hooks, at

FOLLOW = """subscription ($id: Int!) {
  deliveryUpdated(webhookLegacyId: $id) {
    legacyId delivery { eventType statusCode responseCode attempts { number responseCode } }
  }
}"""


@asynccontextmanager
async def following(url: str, data_dir: Path) -> AsyncIterator[tuple[Served, Hooks]]:
    """A server without a worker, whose own requests may go to this machine, and an owner of webhooks."""
    async with served(Settings(database_url=url, data_dir=data_dir, egress_allow=HERE)) as door:
        yield door, Hooks(door, await by_auth0(door, OWNER))


@asynccontextmanager
async def at_work(door: Served) -> AsyncIterator[None]:
    """A worker on the same database, as in a process of its own: nothing of it wakes the server."""
    settings = door.settings
    wanted = JobSettings(
        database_url=settings.database_url, data_dir=settings.data_dir, egress_allow=HERE, webhook_retry_delays=QUICK
    )
    async with working(wanted, door.database):
        yield


async def until_status(client: Client, status: str) -> list[dict[str, object]]:
    """What is told up to a delivery of this status, the last one included."""
    told: list[dict[str, object]] = []
    while not told or told[-1]["delivery"]["statusCode"] != status:  # type: ignore[index]  # JSON has no types
        told.append((await client.data())["deliveryUpdated"])
    return told


async def test_a_delivery_is_told_when_it_is_queued_and_when_it_has_arrived(url: str, data_dir: Path) -> None:
    async with receiving() as receiver, following(url, data_dir) as (door, hooks), client_as(door, OWNER) as client:
        made, other = await hooks.made(at(receiver), []), await hooks.made(at(receiver), [])
        earlier = await hooks.ping(made["id"])
        await client.subscribe(FOLLOW, id=made["id"])
        await hooks.ping(other["id"])
        number = await hooks.ping(made["id"])
        queued = await until_status(client, "pending")
        assert queued == [
            {
                "legacyId": number,
                "delivery": {"eventType": "ping", "statusCode": "pending", "responseCode": None, "attempts": []},
            }
        ]
        async with at_work(door):
            arrived = [(await client.data())["deliveryUpdated"] for _ in range(2)]
        whole = {"statusCode": "delivered", "responseCode": 200, "attempts": [{"number": 1, "responseCode": 200}]}
        by_number = sorted(arrived, key=lambda one: int(one["legacyId"]))
        assert by_number == [{"legacyId": id_, "delivery": {"eventType": "ping", **whole}} for id_ in (earlier, number)]


async def test_failures_are_told_to_the_end(url: str, data_dir: Path) -> None:
    async def broken(writer: object) -> None:
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")  # type: ignore[attr-defined]  # a StreamWriter

    async with (
        receiving(broken) as receiver,
        following(url, data_dir) as (door, hooks),
        client_as(door, OWNER) as client,
    ):
        made = await hooks.made(at(receiver), [])
        await client.subscribe(FOLLOW, id=made["id"])
        number = await hooks.ping(made["id"])
        async with at_work(door):
            told = await until_status(client, "dead")
    assert {one["legacyId"] for one in told} == {number}
    last = told[-1]["delivery"]
    assert [one["responseCode"] for one in last["attempts"]] == [500] * 4  # type: ignore[index]  # JSON has no types


async def test_a_webhook_out_of_reach_is_not_there(url: str, data_dir: Path) -> None:
    async with receiving(answer_ok) as receiver, following(url, data_dir) as (door, hooks):
        made = await hooks.made(at(receiver), [])
        async with client_as(door, SUNDAI_OWNER) as other:
            await other.subscribe(FOLLOW, id=made["id"])
            assert await other.errors() == [("NOT_FOUND", "webhook_unknown")]


async def test_who_has_lost_the_right_is_told_nothing_more(url: str, data_dir: Path) -> None:
    async with (
        receiving() as receiver,
        following(url, data_dir) as (door, hooks),
        client_of(door) as client,
    ):
        made = await hooks.made(at(receiver), [])
        # Of an API token the database alone says what its owner may.
        await client.init(bearer(await new_token(door, OWNER)))
        await client.subscribe(FOLLOW, id=made["id"])
        await change(door.database, "memberships", {"role": "homeroom_teacher"}, staff_id=await owner_id(door))
        await hooks_ping(door, made["id"])
        assert await client.errors() == [("FORBIDDEN", "operation_not_allowed")]


async def test_a_removed_webhook_ends_it(url: str, data_dir: Path) -> None:
    receiver = Receiver()
    async with following(url, data_dir) as (door, hooks), client_as(door, OWNER) as client:
        made = await hooks.made(f"http://127.0.0.1:9/{receiver.port}", [])
        await client.subscribe(FOLLOW, id=made["id"])
        await hooks.owner.delete(f"/api/integrations/webhooks/{made['id']}")
        assert await client.errors() == [("NOT_FOUND", "webhook_unknown")]


async def owner_id(door: Served) -> int:
    """The number of the owner's account."""
    async with door.database.engine.connect() as connection:
        return int((await connection.execute(staff.select().where(staff.c.uid == OWNER))).one().id)


async def hooks_ping(door: Served, number: object) -> None:
    """A ping by a system operator, who reaches every webhook."""
    operator = await by_auth0(door, "auth0|demo-administrator")
    assert (await operator.post(f"/api/integrations/webhooks/{number}/test", {})).status_code == 202
