"""What a process remembers of registered documents, by a clock that the test moves."""

import asyncio

import pytest

from db.documents import remove
from resolvers.documents import RegisteredDocuments
from resolvers.memory import Memory
from tests.conftest import Running
from tests.gateway.persisted.asking import Clock, hash_of, new_text, registered


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_removed_document_runs_for_ten_seconds_at_the_most(persisted: Running, clock: Clock) -> None:
    documents, sha256 = (
        RegisteredDocuments(persisted.database, now=clock),
        hash_of(await registered(persisted, new_text())),
    )
    assert await documents.find(sha256) is not None
    async with persisted.database.writing() as transaction:
        assert await remove(transaction, [sha256]) == 1
    before = persisted.database.statements
    clock.seconds = 9.99
    assert await documents.find(sha256) is not None
    assert persisted.database.statements == before
    clock.seconds = 10.0
    assert await documents.find(sha256) is None
    assert persisted.database.statements == before + 1


async def test_a_new_document_is_unknown_for_a_second_at_the_most(persisted: Running, clock: Clock) -> None:
    documents, text = RegisteredDocuments(persisted.database, now=clock), new_text()
    assert await documents.find(hash_of(text)) is None
    await registered(persisted, text)
    before = persisted.database.statements
    clock.seconds = 0.99
    assert await documents.find(hash_of(text)) is None
    assert persisted.database.statements == before
    clock.seconds = 1.0
    found = await documents.find(hash_of(text))
    assert (found and found.source, persisted.database.statements) == (text, before + 1)


async def test_what_is_sought_at_once_is_read_by_one_statement(persisted: Running, clock: Clock) -> None:
    documents, texts = RegisteredDocuments(persisted.database, now=clock), [new_text() for _ in range(5)]
    await registered(persisted, texts[0])
    before = persisted.database.statements
    found = await asyncio.gather(*(documents.find(hash_of(text)) for text in (*texts, texts[0])))
    assert [one and one.source for one in found] == [texts[0], None, None, None, None, texts[0]]
    assert persisted.database.statements == before + 1


def test_a_memory_holds_the_last_used_values_and_no_more(clock: Clock) -> None:
    memory: Memory[int] = Memory(size=2, lifetime_s=5, now=clock)
    memory.hold("a", 1)
    memory.hold("b", 2)
    assert memory.find("a") == 1
    memory.hold("c", 3)
    assert [memory.find(key) for key in "abc"] == [1, None, 3]
    clock.seconds = 5.0
    assert [memory.find(key) for key in "abc"] == [None, None, None]
    assert len(memory.held) == 0
