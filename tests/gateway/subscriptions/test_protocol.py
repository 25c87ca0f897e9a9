"""The protocol graphql-transport-ws as clients use and misuse it: each line with its outcome."""

import json

import pytest
from websockets.exceptions import InvalidStatus

from gateway.settings import Settings
from gateway.subscriptions.limits import Limits
from tests.accounts.calling import OWNER, STUDENT
from tests.gateway.subscriptions.serving import Served, client_as, client_of, served, until

FOLLOW = "subscription { eventStream { seq } }"
VIEWER = "{ viewer { uid } }"


# The protocol knows no database: one is enough.
pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.mark.parametrize("offered", [("graphql-ws",), (), ("mqtt",), ("graphql-ws", "mqtt")])
async def test_without_our_protocol_4406(door: Served, offered: tuple[str, ...]) -> None:
    async with client_of(door, subprotocols=tuple(set(offered) & {"graphql-ws"})) as client:
        assert await client.closed() == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://127.0.0.1:1", "https://127.0.0.1:PORT", "null", "127.0.0.1:PORT", "http://[", ""],
)
async def test_a_page_of_a_foreign_origin_403(door: Served, origin: str) -> None:
    # Over TLS it is another place: a proxy that speaks it passes the host on that pages name.
    foreign = origin.replace("https://127.0.0.1:PORT", "https://127.0.0.1").replace("PORT", str(door.port))
    with pytest.raises(InvalidStatus) as refused:
        async with client_of(door, origin=foreign):
            pass
    assert refused.value.response.status_code == 403


async def test_two_origins_are_refused(door: Served) -> None:
    own = f"http://127.0.0.1:{door.port}"
    with pytest.raises(InvalidStatus) as refused:
        async with client_of(door, additional_headers=[("Origin", own), ("Origin", own)]):
            pass
    assert refused.value.response.status_code == 400


async def test_pages_of_our_own_and_of_allowed_origins_may_connect(own_url: str, door: Served) -> None:
    settings = Settings(
        database_url=own_url, data_dir=door.settings.data_dir, allowed_origins=("https://app.example.jp",)
    )
    async with served(settings) as one:
        for origin in (f"http://127.0.0.1:{one.port}", "https://app.example.jp"):
            async with client_of(one, origin=origin) as client:
                await client.init()


async def test_an_operation_before_init_4401(door: Served) -> None:
    async with client_of(door) as client:
        await client.send(id="1", type="subscribe", payload={"query": "{ __typename }"})
        assert await client.closed() == (4401, "Unauthorized")


async def test_silence_instead_of_init_4408(own_url: str, door: Served) -> None:
    settings = Settings(database_url=own_url, data_dir=door.settings.data_dir)
    assert Limits().init_within_s == 5
    async with served(settings, Limits(init_within_s=0.05)) as one, client_of(one) as client:
        await client.send(type="ping")
        assert await client.closed() == (4408, "Connection initialisation timeout")
        assert client.held == [{"type": "pong"}]


async def test_a_second_init_4429(door: Served) -> None:
    async with client_as(door, OWNER) as client:
        await client.send(type="connection_init")
        assert await client.closed() == (4429, "Too many initialisation requests")


async def test_a_used_id_4409_and_a_free_one_again(door: Served) -> None:
    async with client_as(door, OWNER) as client:
        await client.subscribe(FOLLOW)
        await client.send(id="1", type="complete")
        await client.subscribe(FOLLOW)
        await client.send(id="1", type="subscribe", payload={"query": VIEWER})
        assert await client.closed() == (4409, "Subscriber for 1 already exists")
        assert client.held == []


MALFORMED = [
    "",
    "{",
    "[]",
    "null",
    "{}",
    '"ping"',
    b'{"type":"ping"}',
    '{"type":"start"}',
    '{"type":1}',
    '{"type":"connection_ack"}',
    '{"type":"next","id":"1","payload":{}}',
    '{"type":"ping","payload":1}',
    '{"type":"ping","payload":NaN}',
    '{"type":"ping","payload":{"a":' + "1" * 5000 + "}}",
    '{"type":"ping","payload":' + '{"a":' * 65 + "1" + "}" * 66,
    "[" * 60_000,
    '{"type":"complete"}',
    '{"type":"subscribe","payload":{"query":"{__typename}"}}',
    '{"type":"subscribe","id":"","payload":{"query":"{__typename}"}}',
    '{"type":"subscribe","id":7,"payload":{"query":"{__typename}"}}',
    '{"type":"subscribe","id":"1"}',
    '{"type":"subscribe","id":"1","payload":"{__typename}"}',
    '{"type":"subscribe","id":"1","payload":{}}',
    '{"type":"subscribe","id":"1","payload":{"query":1}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{__typename}","variables":[]}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{__typename}","operationName":1}}',
]


@pytest.mark.parametrize("message", MALFORMED, ids=range(len(MALFORMED)))
async def test_a_message_that_is_none_4400(door: Served, message: str | bytes) -> None:
    async with client_as(door, OWNER) as client:
        await client.socket.send(message)
        code, reason = await client.closed()
        assert (code, reason[:17]) == (4400, "Invalid message: ")


@pytest.mark.parametrize("payload", ["[]", "1", '"Bearer"', '{"Authorization":1}', '{"authorization":["Bearer x"]}'])
async def test_an_init_that_is_none_4400(door: Served, payload: str) -> None:
    async with client_of(door) as client:
        await client.socket.send(f'{{"type":"connection_init","payload":{payload}}}')
        assert (await client.closed())[0] == 4400


async def test_a_message_of_65_kb_1009_and_one_of_64_passes(door: Served) -> None:
    frame = len(json.dumps({"type": "ping", "payload": {"a": ""}}))
    async with client_as(door, OWNER) as client:
        await client.send(type="ping", payload={"a": "x" * (64 * 1024 - frame)})
        assert (await client.receive())["type"] == "pong"
        await client.send(type="ping", payload={"a": "x" * (64 * 1024 - frame + 1)})
        assert (await client.closed())[0] == 1009
    async with client_of(door) as client:
        await client.socket.send(["x" * 40_000, "y" * 40_000])
        assert (await client.closed())[0] == 1009


async def test_text_that_is_no_utf8_1007(door: Served) -> None:
    async with client_as(door, OWNER) as client:
        await client.socket.send(b"\xff\xfe", text=True)
        assert (await client.closed())[0] == 1007


async def test_pings_are_answered_with_what_they_bring_and_pongs_are_taken(door: Served) -> None:
    async with client_of(door) as client:
        await client.send(type="pong")
        await client.send(type="ping", payload={"n": 1})
        await client.send(type="ping")
        assert [await client.receive() for _ in range(2)] == [{"type": "pong", "payload": {"n": 1}}, {"type": "pong"}]


async def test_completing_what_is_not_there_is_no_mistake(door: Served) -> None:
    async with client_as(door, OWNER) as client:
        await client.send(id="nobody", type="complete")
        await client.silent()


async def test_queries_and_mutations_run_as_over_http(own_door: Served) -> None:
    change = 'mutation { updateMySchoolProfile(schoolCode: "none", dateOfBirth: "2010-01-01") { userErrors { code } } }'
    async with client_as(own_door, STUDENT) as client:
        for id_, query in (("a", VIEWER), ("b", change), ("c", "{ nothing }"), ("d", "{ students { totalCount } }")):
            await client.send(id=id_, type="subscribe", payload={"query": query})
        came = sorted([await client.receive() for _ in range(7)], key=lambda message: message["id"])
        posted = await own_door.client.post(
            "/graphql", json={"query": "{ students { totalCount } }"}, headers=await own_door.headers(STUDENT)
        )
    cost = {"points": 1, "limit": 5000, "requests": 1}
    payload = {"data": {"viewer": {"uid": STUDENT}}, "extensions": {"cost": cost}}
    assert came[0] == {"id": "a", "type": "next", "payload": payload}
    assert came[2]["payload"]["data"] == {"updateMySchoolProfile": {"userErrors": [{"code": "SCHOOL_UNKNOWN"}]}}
    assert [message["type"] for message in came if message["id"] in "ab"] == ["next", "complete"] * 2
    assert (came[4]["type"], came[4]["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")
    assert (came[5]["type"], came[5]["payload"]) == ("next", posted.json())


INVALID = [
    "subscription { nothing }",
    "subscription { eventStream { seq } a: eventStream { seq } }",
    "subscription { __typename }",
    "subscription { eventStream(types: [NOTHING]) { seq } }",
    "subscription ($n: Int!) { progressUpdated(organizationLegacyId: $n) { occurredAt } }",
    "subscription ($no: Boolean = false) { eventStream @include(if: $no) { seq } }",
    "query A { viewer { uid } } subscription B { eventStream { seq } }",
]
CURSORS = ["", "0", "-1", "１", "1 ", "1e3", str(2**63), "9" * 5000, "\\u0000"]
REFUSED = [
    ('progressUpdated(organizationCode: "sundai")', "organization_out_of_reach"),
    ('progressUpdated(organizationCode: "\\u0000")', "text_characters"),
    ('progressUpdated(organizationCode: "kakehashi", organizationLegacyId: 999)', "organization_mismatch"),
    (f"progressUpdated(studentLegacyIds: {list(range(1001))})", "too_many_values"),
    ('informationPublished(system: LMS, organizationCode: "sundai")', "organization_out_of_reach"),
]
REFUSALS = [
    *[(query, None) for query in INVALID],
    *[(f'subscription {{ eventStream(after: "{cursor}") {{ seq }} }}', "cursor_unknown") for cursor in CURSORS],
    *[(f"subscription {{ {field} {{ __typename }} }}", reason) for field, reason in REFUSED],
]


@pytest.mark.parametrize(("query", "reason"), REFUSALS, ids=range(len(REFUSALS)))
async def test_a_subscription_that_is_refused_leaves_the_connection(
    door: Served, query: str, reason: str | None
) -> None:
    async with client_as(door, OWNER) as client:
        await client.subscribe(query)
        assert {found for _, found in await client.errors()} == {reason}
        await client.subscribe(VIEWER)
        assert await client.data() == {"viewer": {"uid": OWNER}}
    assert door.app.state.parts.streams.feed.readers == 0


async def test_what_students_may_not_follow_is_named(door: Served) -> None:
    async with client_as(door, STUDENT) as client:
        await client.subscribe(FOLLOW)
        assert await client.errors() == [("FORBIDDEN", "operation_not_allowed")]


async def test_who_has_no_token_may_ask_for_what_is_public_and_follow_nothing(door: Served) -> None:
    async with client_of(door) as client:
        await client.init()
        await client.subscribe("{ subscriptionPlans { code } }")
        assert len((await client.data())["subscriptionPlans"]) == 3
        assert (await client.take())["type"] == "complete"
        await client.subscribe(FOLLOW)
        assert await client.errors() == [("UNAUTHENTICATED", "token_missing")]


async def test_an_operation_too_many_is_refused_and_the_others_go_on(own_url: str, door: Served) -> None:
    settings = Settings(database_url=own_url, data_dir=door.settings.data_dir)
    async with served(settings, Limits(operations=2)) as one, client_as(one, OWNER) as client:
        for id_ in "ab":
            await client.subscribe(FOLLOW, id_)
        await client.subscribe(VIEWER, "c")
        assert await client.errors("c") == [("LIMIT_EXCEEDED", "too_many_operations")]
        await client.send(id="a", type="complete")
        await client.subscribe(VIEWER, "c")
        assert await client.data("c") == {"viewer": {"uid": OWNER}}


async def test_a_connection_too_many_1013_and_room_again_when_one_ends(own_url: str, door: Served) -> None:
    settings = Settings(database_url=own_url, data_dir=door.settings.data_dir)
    async with served(settings, Limits(connections=2)) as one:
        async with client_as(one, OWNER), client_as(one, OWNER), client_as(one, STUDENT), client_of(one) as third:
            await third.send(type="connection_init", payload=await one.headers(OWNER))
            assert await third.closed() == (1013, "You have 2 streams open. Close one first.")
        async with client_as(one, OWNER):
            pass


async def test_a_client_that_leaves_follows_nothing_any_more(door: Served) -> None:
    feed = door.app.state.parts.streams.feed
    async with client_as(door, OWNER) as client:
        for id_ in "ab":
            await client.subscribe(FOLLOW, id_)
        # Dropped before it could take its first step.
        await client.send(id="c", type="subscribe", payload={"query": FOLLOW})
        await client.send(id="c", type="complete")
        await client.passed()
        assert feed.readers == 2
    await until(lambda: not feed.readers)
    assert not door.app.state.parts.streams.held
