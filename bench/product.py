"""The product inside this process: its graph run for one person, with every statement kept that it sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.documents import Question, Variables
from db.connections.database import Database, Row, connect
from db.sight import Sight
from db.statements.statement import Statement
from resolvers.accounts import Admission, Claimed
from resolvers.context import Request, Viewer
from schema.execution import Execution
from schema.root import Graph

PRIVILEGES = {"auth0|bench-owner": "cram_school_owner", "auth0|bench-operator": "administrator"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement as it was sent: its text, its values by position, and whose rows it may see; None for all."""

    sql: str
    values: tuple[object, ...]
    sight: Sight | None = None


class Recording(Database):
    """A database that keeps what is sent to it."""

    sent: list[Sent]

    async def seen(self, statement: Statement, values: Mapping[str, object], sight: Sight) -> Sequence[Row]:
        """Run a statement of the graph and keep it."""
        self.sent.append(Sent(statement.sql, tuple(self.bound(statement, values)), sight))
        return await super().seen(statement, values, sight)


class Product:
    """The graph with a database and a viewer; `answer` runs a question as a request would, without HTTP."""

    def __init__(self, database: Recording, viewer: Viewer) -> None:
        self.database = database
        self.viewer = viewer
        self.execution = Execution(Graph())

    async def answer(self, question: Question, variables: Variables) -> bytes:
        """The body of the answer."""
        request = Request(self.viewer, self.database, datetime.now(UTC))
        answer = await self.execution.run(question.document, request, variables=variables)
        return answer.body()

    async def statement(self, question: Question, variables: Variables) -> Sent:
        """The one statement that answers a question; RuntimeError where there is an error or another number of them."""
        self.database.sent.clear()
        body = await self.answer(question, variables)
        if b'"errors"' in body[:12] or len(self.database.sent) != 1:
            raise RuntimeError(
                f"{question.name} took {len(self.database.sent)} statements and answered {body[:300]!r}."
            )
        return self.database.sent[0]


async def open_product(url: str, uid: str) -> Product:
    """Connect, and let a person of the fixture in."""
    made = connect(url, connections=1)
    database = Recording(made.reader, made.engine, made.graph)
    database.sent = []
    await database.open()
    claimed = Claimed(uid, frozenset({PRIVILEGES[uid]}), demo=False)
    viewer = await Admission(database).viewer(claimed, datetime.now(UTC))
    return Product(database, viewer)


async def close_product(product: Product) -> None:
    """Close the connections."""
    await product.database.close()
