"""Work beside the event loop: the loop goes on meanwhile, and what is the same work is done once."""

import asyncio
import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

import pytest

from resolvers.beside import Beside
from tests.conftest import Running

V = TypeVar("V")
DOCUMENT = """query Many($keyword: String) {
  organizations(first: 2) { nodes { name students(first: 2, filter: {keyword: $keyword}) { nodes { uid } } } }
}"""


class Counting(Beside):
    """Remembers what it was asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Hashable] = []

    async def do(self, key: Hashable, work: Callable[[], V]) -> V:
        """Do it, and remember it."""
        self.asked.append(key)
        return await super().do(key, work)


async def test_the_loop_goes_on_beside_the_work() -> None:
    loop_went_on = threading.Event()
    waiting = asyncio.create_task(Beside().do("work", lambda: loop_went_on.wait(30)))
    await asyncio.sleep(0)
    loop_went_on.set()
    assert await waiting is True


async def test_the_same_work_is_done_once_and_all_go_on_in_the_same_turn() -> None:
    beside, done, turns, may_end = Beside(), list[str](), list[int](), threading.Event()
    turn = 0

    def work() -> str:
        may_end.wait(30)
        done.append("done")
        return "value"

    async def wait() -> str:
        found = await beside.do("same", work)
        turns.append(turn)
        return found

    waiting = [asyncio.create_task(wait()) for _ in range(5)]
    await asyncio.sleep(0)
    may_end.set()
    while not all(task.done() for task in waiting):
        await asyncio.sleep(0)
        turn += 1
    assert (done, [await task for task in waiting], len(set(turns))) == (["done"], ["value"] * 5, 1)
    # It is pending no more: the next one does it anew.
    assert await beside.do("same", work) == "value"
    assert (done, beside.pending) == (["done", "done"], {})


async def test_what_fails_fails_for_all_who_wait_and_complains_to_nobody_else() -> None:
    beside, complaints = Beside(), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    def fail() -> None:
        raise LookupError

    waiting = [asyncio.create_task(beside.do("same", fail)) for _ in range(3)]
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in found] == [LookupError] * 3
    assert complaints == []


async def test_who_leaves_does_not_end_the_work() -> None:
    beside, may_end = Beside(), threading.Event()
    leaving, staying = [asyncio.create_task(beside.do("same", lambda: may_end.wait(30))) for _ in range(2)]
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    may_end.set()
    assert await staying is True


async def test_a_document_is_read_and_planned_beside_the_loop_once_for_all_who_ask_at_the_same_time(
    own: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution, counting = own.app.state.parts.execution, Counting()
    monkeypatch.setattr(execution.graph.engine, "beside", counting)
    execution.forget()
    headers = await own.headers("auth0|demo-sundai-owner")

    async def ask() -> object:
        return (await own.client.post("/graphql", json={"query": DOCUMENT}, headers=headers)).json()["data"]

    first, *others = await asyncio.gather(*[ask() for _ in range(4)])
    assert first["organizations"]["nodes"]  # type: ignore[index]  # JSON of no declared shape
    assert others == [first] * 3
    kinds = {key for key in counting.asked if isinstance(key, tuple) and key[1] == DOCUMENT}
    assert (len(kinds), len(set(counting.asked))) == (1, 2)
    before = len(counting.asked)
    assert await ask() == first
    # By now by the lane, whose plan is the same one.
    assert len(counting.asked) == before
