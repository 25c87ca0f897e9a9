"""Rights are those of the moment at which a message is sent: whoever lost them hears nothing more, or must go."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.auth.development import DevelopmentKey
from gateway.settings import DEVELOPMENT_ISSUER, Settings
from gateway.subscriptions.limits import Limits
from tests.accounts.calling import (
    ADMINISTRATOR,
    COACH,
    OWNER,
    REVOKE,
    STUDENT,
    SUNDAI_OWNER,
    bearer,
    new_token,
    number_of,
)
from tests.gateway.subscriptions.happening import (
    AT_KAKEHASHI,
    AT_NAMBA,
    AT_OTHER,
    AT_UENO,
    NAMBA,
    OTHER,
    UENO,
    change,
    happen,
)
from tests.gateway.subscriptions.serving import Client, Served, client_as, client_of, served

FOLLOW = "subscription { eventStream { data } }"
DEMO_STAFF = "auth0|demo-demo"
AT_UENO_LOCKED, AT_UENO_DEMO = 29, 30
ALL = (AT_KAKEHASHI, AT_UENO, AT_NAMBA, AT_OTHER)


async def numbers(client: Client, last: int) -> list[int]:
    """The numbers of the events that a client hears, up to the last."""
    heard: list[int] = []
    while not heard or heard[-1] != last:
        heard.append((await client.data())["eventStream"]["data"]["n"])
    return heard


async def test_everyone_hears_what_happens_within_reach(own_door: Served) -> None:
    expected = {
        ADMINISTRATOR: [AT_KAKEHASHI, AT_UENO, AT_NAMBA, AT_OTHER, 1000],
        OWNER: [AT_KAKEHASHI, AT_UENO, AT_NAMBA],
        COACH: [AT_UENO],
        SUNDAI_OWNER: [],
    }
    async with AsyncExitStack() as stack:
        clients = {uid: await stack.enter_async_context(client_as(own_door, uid)) for uid in expected}
        for client in clients.values():
            await client.subscribe(FOLLOW)
        for student in ALL:
            await happen(own_door.database, student, student)
        # The student is within reach, and where it happened is not.
        await happen(own_door.database, AT_UENO, 1000, organization=OTHER)
        for uid, client in clients.items():
            if expected[uid]:
                assert await numbers(client, expected[uid][-1]) == expected[uid]
            await client.silent()


async def test_a_lock_between_two_messages_ends_it(own_door: Served) -> None:
    database = own_door.database
    async with client_as(own_door, OWNER) as client, client_as(own_door, COACH) as other:
        for one in (client, other):
            await one.subscribe(FOLLOW)
        await happen(database, AT_UENO, 1)
        assert (await numbers(client, 1), await numbers(other, 1)) == ([1], [1])
        await change(database, "staff", {"locked_at": datetime.now(UTC)}, uid=OWNER)
        await happen(database, AT_UENO, 2)
        assert await client.closed() == (4401, "This account is locked. Ask your organization to unlock it.")
        assert client.held == []
        assert await numbers(other, 2) == [2]


async def test_a_revocation_between_two_messages_ends_it(own_door: Served) -> None:
    token = await new_token(own_door, OWNER)
    async with client_of(own_door) as client:
        await client.init(bearer(token))
        await client.subscribe(FOLLOW)
        await own_door.post(REVOKE, await own_door.headers(OWNER), number=number_of(token))
        await happen(own_door.database, AT_UENO, 1)
        assert await client.closed() == (4401, "This token is not known, or was revoked.")
        assert client.held == []


async def test_a_change_of_organization_between_two_messages_filters_it(own_door: Served) -> None:
    database = own_door.database
    async with client_as(own_door, COACH) as client:
        await client.subscribe(FOLLOW)
        await happen(database, AT_NAMBA, 1)
        await happen(database, AT_UENO, 2)
        assert await numbers(client, 2) == [2]
        await change(database, "memberships", {"organization_id": NAMBA}, staff_id=2)
        await happen(database, AT_UENO, 3)
        await happen(database, AT_NAMBA, 4)
        assert await numbers(client, 4) == [4]


async def test_of_a_student_who_left_nothing_is_told_any_more(own_door: Served) -> None:
    database = own_door.database
    query = "subscription { eventStream(types: [STUDENT_UPDATED]) { data student { uid } } }"
    async with client_as(own_door, COACH) as client:
        await client.subscribe(query)
        await happen(database, AT_UENO, 1)
        assert (await client.data())["eventStream"] == {"data": {"n": 1}, "student": {"uid": STUDENT}}
        await change(database, "students", {"organization_id": NAMBA}, id=AT_UENO)
        await happen(database, AT_UENO, 2)
        await happen(database, AT_UENO, 3, organization=NAMBA)
        await happen(database, 16, 4, organization=UENO)
        assert (await client.data())["eventStream"]["data"] == {"n": 4}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_locked_students_and_for_demo_staff_real_ones_are_not_told_of(own_door: Served) -> None:
    database = own_door.database
    await change(database, "memberships", {"role": "cram_school_owner"}, staff_id=11)
    async with client_as(own_door, DEMO_STAFF) as demo, client_as(own_door, COACH) as coach:
        for client in (demo, coach):
            await client.subscribe(FOLLOW)
        for student in (AT_UENO_LOCKED, AT_UENO, AT_UENO_DEMO):
            await happen(database, student, student, organization=UENO)
        assert await numbers(demo, AT_UENO_DEMO) == [AT_UENO_DEMO]
        assert await numbers(coach, AT_UENO_DEMO) == [AT_UENO, AT_UENO_DEMO]


async def test_what_is_read_again_from_the_outbox_is_filtered_too(own_door: Served) -> None:
    database = own_door.database
    async with client_as(own_door, ADMINISTRATOR) as client:
        await client.subscribe("subscription { eventStream { seq data } }")
        for student in (*ALL, *ALL):
            await happen(database, student, student)
        first = (await client.data())["eventStream"]["seq"]
    again = f'subscription {{ eventStream(after: "{first}") {{ data }} }}'
    async with client_as(own_door, COACH) as client:
        await client.subscribe(again)
        assert [(await client.data())["eventStream"]["data"]["n"] for _ in range(2)] == [AT_UENO, AT_UENO]
        await client.silent()
    await change(database, "staff", {"locked_at": datetime.now(UTC)}, uid=COACH)
    async with client_of(own_door) as client:
        await client.send(type="connection_init", payload=await own_door.headers(COACH))
        assert (await client.closed())[0] == 4403


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_lacking_ability_begins_nothing_and_a_role_that_is_given_counts_at_once(own_door: Served) -> None:
    weak = await new_token(own_door, OWNER, ["progress:read"])
    async with client_of(own_door) as client:
        await client.init(bearer(weak))
        await client.subscribe(FOLLOW)
        assert await client.errors() == [("FORBIDDEN", "ability_missing")]
    token = await new_token(own_door, COACH)
    async with client_of(own_door) as client:
        await client.init(bearer(token))
        await client.subscribe(FOLLOW)
        await change(own_door.database, "memberships", {"role": "administrator", "organization_id": None}, staff_id=2)
        await happen(own_door.database, AT_OTHER, 1)
        assert await numbers(client, 1) == [1]


@pytest.fixture
async def watchful(own_url: str, data_dir: Path) -> AsyncIterator[Served]:
    """A server that looks at tokens again all the time."""
    assert Limits().recheck_s == 30
    async with served(Settings(database_url=own_url, data_dir=data_dir), Limits(recheck_s=0.05)) as started:
        yield started


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_without_any_message_a_token_that_ends_is_noticed(watchful: Served) -> None:
    token = await new_token(watchful, OWNER)
    async with client_of(watchful) as client, client_of(watchful) as other:
        await client.init(bearer(token))
        await other.init(await watchful.headers(COACH))
        await watchful.post(REVOKE, await watchful.headers(OWNER), number=number_of(token))
        assert await client.closed() == (4401, "This token is not known, or was revoked.")
        await change(watchful.database, "staff", {"locked_at": datetime.now(UTC)}, uid=COACH)
        assert (await other.closed())[0] == 4401


def ending(data_dir: Path, uid: str, *, in_s: float) -> str:
    """A signed token that ends so soon; servers give it 30 seconds more than it says."""
    key = DevelopmentKey.load_or_create(data_dir)
    begun = time.time() - 3600 - 30 + in_s
    more = {"issuer": DEVELOPMENT_ISSUER, "audience": "diverse", "lifetime_s": 3600, "now": begun}
    return key.token(uid, ["cram_school_owner"], demo=False, **more)  # type: ignore[arg-type]  # one dict of mixed values


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_token_that_expires_closes_at_its_end(door: Served, data_dir: Path) -> None:
    async with client_of(door) as client:
        await client.init(bearer(ending(data_dir, OWNER, in_s=2)))
        await client.subscribe(FOLLOW)
        assert await client.closed() == (4401, "The access token has expired. Get a new one.")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_who_may_not_come_in_is_told_why(door: Served, data_dir: Path) -> None:
    good = (await door.headers(OWNER))["Authorization"]
    refused = {
        "Basic abc": 4401,
        "Bearer ": 4401,
        "Bearer a.b.c": 4401,
        f"{good}==": 4401,
        f"Bearer {'x' * 9000}": 4401,
        "Bearer 1|kakehashi_x": 4401,
        "Bearer 学": 4401,
        f"Bearer {ending(data_dir, OWNER, in_s=-5)}": 4401,
        f"Bearer {ending(data_dir, 'auth0|nobody', in_s=60)}": 4401,
        f"Bearer {await door.token('auth0|demo-locked')}": 4403,
        f"Bearer {await door.token('auth0|demo-expired')}": 4403,
        f"Bearer {ending(data_dir, 'auth0|demo-coach-child', in_s=60)}": 4403,
    }
    for credential, code in refused.items():
        async with client_of(door) as client:
            await client.send(type="connection_init", payload={"Authorization": credential})
            assert (await client.closed())[0] == code, credential
            assert client.held == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_the_token_may_come_in_the_handshake_but_never_twice_or_in_the_address(door: Served) -> None:
    headers = await door.headers(OWNER)
    async with client_of(door, additional_headers=headers) as client:
        await client.init()
        await client.subscribe("{ viewer { uid } }")
        assert await client.data() == {"viewer": {"uid": OWNER}}
    async with client_of(door, additional_headers=headers) as client:
        await client.init(headers)
    async with client_of(door, additional_headers=headers) as client:
        await client.send(type="connection_init", payload=await door.headers(COACH))
        assert (await client.closed())[0] == 4401


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_token_in_the_address_is_refused_and_stands_in_no_log(
    door: Served, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG", "uvicorn")
    caplog.set_level("INFO")
    async with client_of(door, query="?access_token=secret-of-mine") as client:
        await client.send(type="connection_init", payload=await door.headers(OWNER))
        assert await client.closed() == (4401, "Send the access token in the Authorization header, not in the URL.")
    printed = capfd.readouterr()
    assert "secret-of-mine" not in caplog.text + printed.out + printed.err
    assert "websocket" in printed.out
