"""Upstreams over REST, over GraphQL and by command: registered, changed, removed, by whom, with which mistakes."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from db.students import students
from db.upstreams import upstream_feeds
from gateway.__main__ import cli
from resolvers.policy import Role
from resolvers.upstreams.commands import MOST_UPSTREAMS
from tests.accounts.calling import ADMINISTRATOR, COACH, OWNER, STUDENT, Caller, bearer, by_auth0, by_token, count, dump
from tests.services.postgresql import plain
from tests.upstreams.collecting import COLLECTED, UPSTREAMS, Gateway
from tests.upstreams.product import Product
from tests.webhooks.test_worker import variables

URL = "http://127.0.0.1:9/progresses"
KEYS = [
    *("id", "name", "url", "is_active", "watermark", "last_success_at", "failing_since", "last_error"),
    *("next_poll_at", "created_at", "updated_at"),
]
CREATE = """mutation ($name: String!, $url: String!, $credential: String) {
  createUpstream(name: $name, url: $url, credential: $credential) {
    upstream { legacyId name url isActive watermark } userErrors { field code message }
  }
}"""
UPDATE = """mutation { updateUpstream(legacyId: %d, %s) { upstream { url isActive } userErrors { field code } } }"""


async def test_an_upstream_is_registered_shown_changed_and_removed_over_rest(ours: Gateway) -> None:
    operator = ours.operator
    new = await operator.post(UPSTREAMS, {"name": "talktiko", "url": URL, "credential": "1|kakehashi_x"})
    assert (new.status_code, list(new.json()["data"])) == (201, KEYS)
    found = new.json()["data"]
    assert (found["name"], found["url"], found["is_active"], found["watermark"]) == ("talktiko", URL, True, None)
    path = f"{UPSTREAMS}/{found['id']}"
    assert (await operator.get(path)).json() == {"data": found}
    assert (await operator.get(UPSTREAMS)).json()["data"] == [found]
    changed = await operator.client.patch(path, json={"url": f"{URL}/2", "is_active": False}, headers=operator.to)
    assert changed.status_code == 200
    assert (changed.json()["data"]["url"], changed.json()["data"]["is_active"]) == (f"{URL}/2", False)
    assert changed.json()["data"]["name"] == "talktiko"
    assert (await operator.delete(path)).status_code == 204
    assert [(await operator.delete(path)).status_code, (await operator.get(path)).status_code] == [404, 404]
    assert (await operator.client.patch(path, json={"is_active": True}, headers=operator.to)).status_code == 404
    assert await count(ours.running.database, upstream_feeds) == 0


async def test_both_doors_see_the_same(ours: Gateway, product: Product) -> None:
    operator = ours.operator
    made = (await operator.data(CREATE, {"name": "a.b-c_1", "url": product.url}))["createUpstream"]
    assert made["userErrors"] == []
    number = made["upstream"]["legacyId"]
    assert (await operator.get(f"{UPSTREAMS}/{number}")).json()["data"]["name"] == "a.b-c_1"
    product.add(3)
    await ours.collect()
    document = (
        "query ($id: Int!) { upstream(legacyId: $id) { name lastError records(first: 2) { totalCount nodes { %s } } } }"
    )
    fields = "legacyId source externalId uid packageCode packageName"
    graph = (await operator.data(document % fields, {"id": number}))["upstream"]
    rest = (await operator.get(COLLECTED, per_page=2)).json()
    assert (graph["name"], graph["lastError"], graph["records"]["totalCount"]) == ("a.b-c_1", None, 3)
    assert rest["meta"]["total"] == 3
    keys = ("id", "source", "external_id", "user_id", "package_code", "package_name")
    assert [[row[key] for key in keys] for row in rest["data"]] == [
        list(row.values()) for row in graph["records"]["nodes"]
    ]
    assert (await operator.data(UPDATE % (number, f'url: "{URL}", isActive: false')))["updateUpstream"] == {
        "upstream": {"url": URL, "isActive": False},
        "userErrors": [],
    }
    assert (await operator.get(f"{UPSTREAMS}/{number}")).json()["data"]["is_active"] is False
    assert await operator.data(f"mutation {{ deleteUpstream(legacyId: {number}) {{ deleted }} }}") == {
        "deleteUpstream": {"deleted": True}
    }
    assert (await operator.get(UPSTREAMS)).json()["data"] == []


async def test_what_an_upstream_gave_stays_when_it_is_removed_and_is_not_doubled_when_it_is_back(
    ours: Gateway, product: Product
) -> None:
    product.add(120)
    number = await ours.registered(product)
    await ours.collect()
    kept = await ours.kept()
    assert (await ours.operator.delete(f"{UPSTREAMS}/{number}")).status_code == 204
    assert (await ours.operator.get(COLLECTED, source="talktiko")).json()["meta"]["total"] == 120
    assert await ours.registered(product) > number
    await ours.collect()
    assert product.pages == [1, 2, 1, 2]
    assert await ours.kept() == kept


async def test_a_change_takes_it_from_whoever_collects_and_begins_its_run_anew(ours: Gateway) -> None:
    made = (await ours.operator.post(UPSTREAMS, {"name": "x", "url": URL})).json()["data"]
    later = datetime.now(UTC) + timedelta(hours=1)
    await ours.set(lease_token="somebody", lease_until=later, next_poll_at=later, place={"page": 5}, failures=9)
    await ours.operator.client.patch(f"{UPSTREAMS}/{made['id']}", json={"credential": ""}, headers=ours.operator.to)
    upstream = await ours.upstream()
    assert (upstream.lease_token, upstream.lease_until, upstream.place, upstream.failures) == (None, None, None, 0)
    assert upstream.next_poll_at < later


async def test_credentials_are_kept_sealed_and_never_shown(ours: Gateway) -> None:
    secret = "a-secret-of-the-product"
    made = await ours.operator.post(UPSTREAMS, {"name": "x", "url": URL, "credential": secret})
    shown = await ours.operator.get(UPSTREAMS)
    assert secret not in made.text + shown.text
    assert secret.encode() not in await dump(ours.running.database)
    sealed = (await ours.upstream()).sealed_credential
    assert ours.running.settings.sealer().opened(sealed) == secret
    path = f"{UPSTREAMS}/{made.json()['data']['id']}"
    await ours.operator.client.patch(path, json={"url": f"{URL}/2"}, headers=ours.operator.to)
    assert (await ours.upstream()).sealed_credential == sealed
    await ours.operator.data(UPDATE % (made.json()["data"]["id"], 'credential: ""'))
    assert (await ours.upstream()).sealed_credential is None


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"url": "https://10.0.0.1/"}, "url", "URL_REFUSED"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "url", "URL_REFUSED"),
        ({"url": "ftp://127.0.0.1/"}, "url", "URL_REFUSED"),
        ({"url": "http://name:password@127.0.0.1/"}, "url", "URL_REFUSED"),
        ({"url": f"{URL}#fragment"}, "url", "URL_REFUSED"),
        ({"url": f"{URL}?é"}, "url", "URL_REFUSED"),
        ({"url": f"{URL}\r\nX: y"}, "url", "URL_REFUSED"),
        ({"url": ""}, "url", "URL_REFUSED"),
        ({"name": ""}, "name", "NAME_FORM"),
        ({"name": "Talktiko"}, "name", "NAME_FORM"),
        ({"name": ".x"}, "name", "NAME_FORM"),
        ({"name": "x" * 65}, "name", "NAME_FORM"),
        ({"name": "x\n"}, "name", "NAME_FORM"),
        ({"credential": "two words"}, "credential", "CREDENTIAL_FORM"),
        ({"credential": "x\r\nCookie: y"}, "credential", "CREDENTIAL_FORM"),
        ({"credential": "x" * 4097}, "credential", "CREDENTIAL_FORM"),
    ],
)
async def test_what_is_wrong_is_told_and_nothing_is_registered(
    ours: Gateway, given: dict[str, str], field: str, code: str
) -> None:
    made = (await ours.operator.data(CREATE, {"name": "x", "url": URL, **given}))["createUpstream"]
    assert made["upstream"] is None
    assert [(mistake["field"], mistake["code"]) for mistake in made["userErrors"]] == [([field], code)]
    assert await count(ours.running.database, upstream_feeds) == 0


async def test_an_address_that_is_refused_changes_nothing(ours: Gateway) -> None:
    made = (await ours.operator.post(UPSTREAMS, {"name": "x", "url": URL})).json()["data"]
    path = f"{UPSTREAMS}/{made['id']}"
    answer = await ours.operator.client.patch(
        path, json={"url": "https://10.0.0.1/", "is_active": False}, headers=ours.operator.to
    )
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["url"])
    assert (await ours.operator.get(path)).json()["data"] == made


async def test_a_name_is_given_once(ours: Gateway) -> None:
    await ours.operator.post(UPSTREAMS, {"name": "x", "url": URL})
    again = await ours.operator.post(UPSTREAMS, {"name": "x", "url": f"{URL}/2"})
    assert (again.status_code, again.json()["errors"]) == (422, {"name": ["There is an upstream of this name."]})
    assert (await ours.upstream()).url == URL


async def test_there_is_an_end_to_how_many_there_are(ours: Gateway) -> None:
    now = datetime.now(UTC)
    row = {"url": URL, "next_poll_at": now, "created_at": now, "updated_at": now}
    async with ours.running.database.writing() as transaction:
        await transaction.execute(upstream_feeds.insert(), [{**row, "name": f"n{n}"} for n in range(MOST_UPSTREAMS)])
    one_more = await ours.operator.post(UPSTREAMS, {"name": "x", "url": URL})
    assert (one_more.status_code, list(one_more.json()["errors"])) == (422, ["name"])
    assert await count(ours.running.database, upstream_feeds) == MOST_UPSTREAMS


@pytest.mark.parametrize("uid", [STUDENT, COACH, OWNER])
async def test_only_system_operators_have_anything_to_do_with_it(ours: Gateway, product: Product, uid: str) -> None:
    product.add(1)
    number = await ours.registered(product)
    await ours.collect()
    other = await by_auth0(ours.running, uid)
    asked = [await other.get(path) for path in (UPSTREAMS, f"{UPSTREAMS}/{number}", COLLECTED)]
    asked += [await other.post(UPSTREAMS, {"name": "y", "url": URL}), await other.delete(f"{UPSTREAMS}/{number}")]
    assert [answer.status_code for answer in asked] == [403] * 5
    for root in ("upstreams", "collectedUsage"):
        answer = (await other.graph(f"{{ {root} {{ totalCount }} }}")).json()
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await ours.upstream()).name == "talktiko"


async def test_demo_tokens_see_what_demo_students_did_and_no_upstream(ours: Gateway, product: Product) -> None:
    async with ours.running.database.engine.connect() as connection:
        demo_student = select(students.c.uid).where(students.c.demo).order_by(students.c.id).limit(1)
        uid = (await connection.execute(demo_student)).scalar_one()
    for one in (STUDENT, uid, "auth0|unknown"):
        product.add(1, uid=one)
    await ours.registered(product)
    await ours.collect()
    token = ours.running.signed(ADMINISTRATOR, [Role.ADMINISTRATOR.value], demo=True)
    demo = Caller(ours.running.client, bearer(token))
    found = await demo.data("{ upstreams { totalCount } collectedUsage { nodes { uid } } }")
    assert found == {"upstreams": {"totalCount": 0}, "collectedUsage": {"nodes": [{"uid": uid}]}}
    refused = (await demo.graph(CREATE, {"name": "y", "url": URL})).json()
    assert refused["errors"][0]["extensions"]["reason"] == "demo_token"
    assert await count(ours.running.database, upstream_feeds) == 1


@pytest.mark.parametrize(
    ("abilities", "statuses"),
    [
        (("upstreams:read",), [200, 403, 403]),
        (("upstreams:write",), [403, 201, 403]),
        (("progress:feed",), [403, 403, 200]),
    ],
)
async def test_tokens_need_the_ability(ours: Gateway, abilities: tuple[str, ...], statuses: list[int]) -> None:
    caller = await by_token(ours.running, ADMINISTRATOR, abilities)
    asked = [await caller.get(UPSTREAMS), await caller.post(UPSTREAMS, {"name": "x", "url": URL})]
    assert [answer.status_code for answer in (*asked, await caller.get(COLLECTED))] == statuses


async def test_upstreams_are_registered_listed_switched_and_removed_by_command(
    ours: Gateway, product: Product, url: str, data_dir: Path
) -> None:
    url = plain(url) if url.startswith("postgresql") else url

    def kakehashi(*arguments: str, given: str = "") -> tuple[int, str]:
        environment = variables(url, data_dir)
        ended = CliRunner().invoke(cli, ["upstreams", *arguments], input=given, env=environment, prog_name="kakehashi")
        return ended.exit_code, ended.output

    assert await asyncio.to_thread(kakehashi) == (0, "No usage feed is collected.\n")
    refused = await asyncio.to_thread(kakehashi, "add", "talktiko", "https://10.0.0.1/")
    assert refused == (1, "The address leads into a network that may not be reached.\n")
    added = await asyncio.to_thread(lambda: kakehashi("add", "talktiko", product.url, "--credential", given="abc\n"))
    assert added == (0, "talktiko is registered.\n")
    again = await asyncio.to_thread(kakehashi, "add", "talktiko", product.url)
    assert again == (1, "There is an upstream of this name.\n")
    product.add(3)
    await ours.collect()
    assert product.header("authorization") == ["Bearer abc"]
    (line,) = (await asyncio.to_thread(kakehashi))[1].splitlines()[1:]
    assert line.split()[:5] == ["talktiko", "on", "3", "2026-11-01", "00:02:00Z"]
    assert await asyncio.to_thread(kakehashi, "switch", "talktiko", "off") == (0, "talktiko is off.\n")
    assert (await ours.upstream()).is_active is False
    assert await asyncio.to_thread(kakehashi, "switch", "none", "on") == (1, "There is no upstream none.\n")
    removed = await asyncio.to_thread(kakehashi, "remove", "talktiko")
    assert removed == (0, "talktiko is removed; what it gave stays.\n")
    assert (await asyncio.to_thread(kakehashi, "remove", "talktiko"))[0] == 1
    assert len(await ours.kept()) == 3
