"""What is collected: everything once, as it is now, whatever was stopped in between; and nothing of a wrong page."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from db.accounts import users
from db.students import students
from db.upstreams import upstream_feeds
from jobs.settings import JobSettings
from jobs.worker import working
from tests.accounts.calling import STUDENT
from tests.conftest import Running
from tests.upstreams.collecting import COLLECTED, HERE, INTERVAL_S, Gateway
from tests.upstreams.product import START, Product, nothing
from tests.webhooks.hooks import until

QUARTER = timedelta(minutes=15)


def written(at: datetime) -> str:
    """An instant as it is asked for."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_everything_is_collected_page_by_page(ours: Gateway, product: Product) -> None:
    product.add(250)
    await ours.registered(product, credential="1|kakehashi_secret")
    await ours.collect()
    assert await ours.told() == product.rows
    assert product.pages == [1, 2, 3]
    (asked,) = {tuple((key, value) for key, value in one.items() if key != "page") for one in product.asked}
    upstream = await ours.upstream()
    assert dict(asked) == {
        "per": "100",
        "created_at_from": "1970-01-01T00:00:00Z",
        "created_at_to": dict(asked)["created_at_to"],
        "order_by": "id",
    }
    assert set(product.header("authorization")) == {"Bearer 1|kakehashi_secret"}
    assert upstream.watermark == START + timedelta(minutes=249)
    assert (upstream.place, upstream.failing_since, upstream.last_error, upstream.lease_token) == (None,) * 4
    # The end of the span is not after the run, whose own end is when it succeeded.
    assert datetime.fromisoformat(dict(asked)["created_at_to"]) <= upstream.last_success_at
    assert upstream.next_poll_at - upstream.last_success_at >= timedelta(seconds=INTERVAL_S - 1)


async def test_nothing_is_asked_before_it_is_due(ours: Gateway, product: Product) -> None:
    await ours.registered(product)
    await ours.collect()
    await ours.collect()
    assert product.pages == [1]


async def test_run_twice_nothing_doubles_and_what_changed_is_as_it_is_now(ours: Gateway, product: Product) -> None:
    product.add(120)
    await ours.registered(product)
    await ours.collect()
    first = await ours.kept()
    latest = START + timedelta(minutes=119)
    # Within the overlap: one that was changed, and one that a long transaction shows only now. Before it: one that was.
    product.rows[110]["package_name"] = "changed"
    product.rows[3]["package_name"] = "changed too early"
    product.add()
    product.rows[-1]["created_at"] = written(latest - QUARTER)
    await ours.again()
    assert product.asked[-1]["created_at_from"] == written(latest - QUARTER)
    second = await ours.kept()
    assert len(second) == 121
    changed = [(old.external_id, new.package_name) for old, new in zip(first, second, strict=False) if old != new]
    assert changed == [("111", "changed")]
    assert second[110].changed_at is not None
    assert second[110].collected_at == first[110].collected_at
    assert second[-1].external_id == "121"
    await ours.again()
    assert await ours.kept() == second


async def test_what_is_stopped_between_two_pages_goes_on_with_the_second(ours: Gateway, product: Product) -> None:
    product.add(250)
    await ours.registered(product)

    async def asked_twice() -> bool:
        return len(product.asked) == 2

    def hold_back(content: dict[str, Any], page: int) -> object:
        product.gate.clear()
        return nothing(content, page)

    product.tamper = hold_back
    await ours.collector.round()
    await until(asked_twice)
    await ours.collector.aclose()
    assert await ours.told() == product.rows[:100]
    assert (await ours.upstream()).lease_token is None
    product.gate.set()
    product.tamper = nothing
    # What happens in between belongs to the next run: the pages of this one stay what they were.
    product.add(at=datetime.now(UTC) + timedelta(minutes=1) - timedelta(minutes=250))
    await ours.collect()
    assert product.pages == [1, 2, 2, 3]
    assert len({one["created_at_to"] for one in product.asked}) == 1
    assert await ours.told() == product.rows[:250]


async def test_what_somebody_held_who_died_is_collected_when_the_lease_has_run_out(
    ours: Gateway, product: Product
) -> None:
    product.add(3)
    await ours.registered(product)
    await ours.set(lease_token="dead", lease_until=datetime.now(UTC) + timedelta(hours=1))
    await ours.collect()
    assert (product.asked, await ours.kept()) == ([], [])
    await ours.set(lease_until=datetime.now(UTC) - timedelta(seconds=1))
    await ours.collect()
    assert await ours.told() == product.rows


async def test_who_has_lost_the_lease_keeps_nothing_more(ours: Gateway, product: Product) -> None:
    product.add(150)
    await ours.registered(product)

    async def asked() -> bool:
        return len(product.asked) == 1

    product.gate.clear()
    await ours.collector.round()
    await until(asked)
    await ours.set(lease_token="another", lease_until=datetime.now(UTC) + timedelta(hours=1))
    product.gate.set()
    await asyncio.gather(*ours.collector.tasks)
    upstream = await ours.upstream()
    assert (product.pages, await ours.kept()) == ([1], [])
    assert (upstream.lease_token, upstream.place, upstream.last_success_at) == ("another", None, None)


async def test_records_that_went_away_let_a_run_begin_anew(ours: Gateway, product: Product) -> None:
    product.add(250)
    await ours.registered(product)
    rows = list(product.rows)

    def shrink(content: dict[str, Any], page: int) -> object:
        if page == 1:
            # What stood on the second page moves to the first, which was read already.
            del product.rows[50:60]
        return nothing(content, page)

    product.tamper = shrink
    await ours.collect()
    upstream = await ours.upstream()
    assert (upstream.last_error, upstream.place) == ("Records went away within a run.", None)
    product.tamper = nothing
    await ours.again()
    assert product.pages == [1, 2, 1, 2, 3]
    assert sorted(await ours.told(), key=lambda row: row["id"]) == rows
    upstream = await ours.upstream()
    assert (upstream.last_error, upstream.failing_since, upstream.failures) == (None, None, 0)


async def test_smaller_pages_than_were_asked_for_are_read_to_the_end(ours: Gateway, product: Product) -> None:
    product.add(25)
    await ours.registered(product)

    def ten(_content: dict[str, Any], page: int) -> object:
        return product.page({**product.asked[-1], "per": "10", "page": str(page)})

    product.tamper = ten
    await ours.collect()
    assert product.pages == [1, 2, 3]
    assert await ours.told() == product.rows


async def test_whom_we_do_not_know_is_kept_and_found_when_there_is_such_a_student(
    ours: Gateway, product: Product
) -> None:
    product.add(1)
    product.add(1, uid="auth0|unknown")
    await ours.registered(product)
    await ours.collect()
    document = "{ collectedUsage { nodes { source externalId uid student { code } } } }"

    async def shown() -> list[tuple[object, ...]]:
        found = (await ours.operator.data(document))["collectedUsage"]["nodes"]
        return [(one["source"], one["externalId"], one["uid"], one["student"]) for one in found]

    known = (await ours.operator.data(f'{{ student(uid: "{STUDENT}") {{ code }} }}'))["student"]
    assert await shown() == [("talktiko", "1", STUDENT, known), ("talktiko", "2", "auth0|unknown", None)]
    await somebody_comes(ours, "auth0|unknown")
    assert await shown() == [("talktiko", "1", STUDENT, known), ("talktiko", "2", "auth0|unknown", {"code": "new"})]
    rest = (await ours.operator.get(COLLECTED)).json()["data"]
    assert [one["user_id"] for one in rest] == [STUDENT, "auth0|unknown"]


async def somebody_comes(ours: Gateway, uid: str) -> None:
    """A student more, who is like the demo student."""
    async with ours.running.database.writing() as transaction:
        user = (await transaction.execute(select(users).where(users.c.uid == STUDENT))).mappings().one()
        student = (await transaction.execute(select(students).where(students.c.uid == STUDENT))).mappings().one()
        await transaction.execute(insert(users).values({**user, "id": 999_999, "uid": uid, "email": None}))
        await transaction.execute(insert(students).values({**student, "id": 999_999, "uid": uid, "code": "new"}))


async def test_the_own_feed_shows_nothing_of_it(ours: Gateway, product: Product) -> None:
    feed = "/api/v1/progresses?page=1&per=100&created_at_from=2000-01-01T00:00:00Z"
    feed += "&created_at_to=2999-12-31T23:59:59Z&order_by=id"
    before = (await ours.operator.get(feed)).json()
    product.add(5)
    await ours.registered(product)
    await ours.collect()
    assert len(await ours.kept()) == 5
    assert (await ours.operator.get(feed)).json() == before


async def test_an_address_that_may_not_be_reached_any_more_is_not_asked(ours: Gateway, product: Product) -> None:
    await ours.registered(product)
    await ours.set(url="https://10.0.0.1/progresses")
    await ours.collect()
    upstream = await ours.upstream()
    assert upstream.last_error == "The address leads into a network that may not be reached."
    assert (upstream.failures, product.asked, await ours.kept()) == (1, [], [])


async def test_a_worker_collects_again_and_again_and_ends_when_it_is_told_to(
    reaching: Running, ours: Gateway, product: Product
) -> None:
    wanted = JobSettings(
        database_url=reaching.settings.database_url,
        data_dir=Path(reaching.settings.data_dir),
        egress_allow=HERE,
        upstream_interval_s=1,
    )
    product.add(3)
    await ours.registered(product)

    async def all_is_there() -> bool:
        return len(await ours.kept()) == len(product.rows)

    async with working(wanted, reaching.database):
        await until(all_is_there)
        product.add(2, at=datetime.now(UTC) - timedelta(hours=1))
        await until(all_is_there)
        product.gate.clear()
        asked = len(product.asked)

        async def is_asked() -> bool:
            return len(product.asked) > asked

        await until(is_asked)
    assert await ours.told() == product.rows
    assert (await ours.upstream()).lease_token is None


async def test_upstreams_that_are_switched_off_are_not_asked(ours: Gateway, product: Product) -> None:
    number = await ours.registered(product)
    async with ours.running.database.writing() as transaction:
        off = update(upstream_feeds).where(upstream_feeds.c.id == number)
        await transaction.execute(off.values(is_active=False))
    await ours.collect()
    assert product.asked == []
