"""The express lane gives the same bytes and sends the same statements as graphql-core's executor, refusals included."""

import gc
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from resolvers.accounts import Claimed
from resolvers.context import Request
from schema.execution import Execution
from schema.root import Graph
from tests.engine.documents import Maker
from tests.engine.run import asking
from tests.engine.running import UNBOUNDED, Asking, Bench, placed
from tests.engine.world import NOW

DOCUMENTS = 150
OWNER = Asking(Claimed("auth0|owner-parent", frozenset({"cram_school_owner"}), demo=False), NOW)
NOBODY = Asking(None, NOW)
STUDENT = "query ($u: String!) { student(uid: $u) { uid } }"
PAGE = "query ($n: Int = 3, $all: Boolean!) { courses(first: $n) { totalCount @include(if: $all) nodes { code } } }"

pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine:pytest.PytestUnraisableExceptionWarning"),
]


@dataclass(slots=True)
class Lanes:
    """Two graphs, of which one has the lane."""

    bench: Bench
    ordinary: Execution = field(default_factory=lambda: Execution(Graph(), UNBOUNDED, lane=False))
    express: Execution = field(default_factory=lambda: Execution(Graph(), UNBOUNDED))

    async def ran(
        self, execution: Execution, text: str, variables: Mapping[str, object], who: Asking, where: str
    ) -> tuple[bytes, int]:
        """The bytes of an answer, and how many statements it took."""
        database = self.bench.databases[where]
        viewer = await self.bench.viewer(database, who)
        before = database.statements
        answer = await execution.run(text, Request(viewer, database, who.now, moments=who.moments), variables=variables)
        return answer.body(), database.statements - before

    async def difference(self, text: str, variables: Mapping[str, object], who: Asking, where: str) -> str | None:
        """How the lane's answer differs from the ordinary one, if it gives one and does."""
        expected = await self.ran(self.ordinary, text, variables, who, where)
        # The first time is the ordinary path's.
        await self.ran(self.express, text, variables, who, where)
        before = self.express.expressed
        found = await self.ran(self.express, text, variables, who, where)
        # Several roots that fail end one another, in no certain order.
        if found == expected or (self.express.expressed == before and b'"errors"' in expected[0]):
            return None
        return f"{where} {who}\n  {text}\n  {variables}\n  {found}\n  {expected}"


@pytest.fixture(scope="module")
def lanes(bench: Bench) -> Lanes:
    """Both graphs over the awkward world."""
    return Lanes(bench)


async def test_random_documents_answer_alike_by_the_lane(lanes: Lanes) -> None:
    found: list[str] = []
    for seed in range(DOCUMENTS):
        document = Maker(
            lanes.bench.schema, lanes.bench.rows, seed, asking(seed, 0)[1], lanes.bench.cursors, set()
        ).document()
        where = random.Random(seed).choice(list(lanes.bench.databases))
        for turn, variables in enumerate(document.variables):
            text, given = placed(document.text, variables, lanes.bench.cursors.marks, where)
            difference = await lanes.difference(text, given, asking(seed, turn)[0], where)
            found += [] if difference is None else [difference]
    gc.collect()
    assert found == []
    assert lanes.ordinary.expressed == 0
    # Of two times 150 answers; the others have several roots, or a level that Python fills.
    assert lanes.express.expressed > DOCUMENTS / 2


@pytest.mark.parametrize(
    ("text", "variables", "who", "expressed"),
    [
        (STUDENT, {"u": "auth0|student"}, OWNER, True),
        (STUDENT, {"u": "auth0|nobody"}, OWNER, True),
        (STUDENT, {"u": "auth0|student", "more": 1}, OWNER, True),
        (STUDENT, {"u": None}, OWNER, False),
        (STUDENT, {}, OWNER, False),
        (STUDENT, {"u": 5}, OWNER, False),
        (STUDENT, {"u": "auth0|student"}, NOBODY, False),
        (PAGE, {"all": True}, OWNER, True),
        (PAGE, {"all": False}, OWNER, True),
        (PAGE, {"all": False, "n": 2}, OWNER, True),
        (PAGE, {"all": False, "n": None}, OWNER, True),
        (PAGE, {"all": False, "n": 2.0}, OWNER, True),
        (PAGE, {"all": False, "n": True}, OWNER, False),
        (PAGE, {"all": False, "n": 0}, OWNER, False),
        (PAGE, {"all": False, "n": 101}, OWNER, False),
        (PAGE, {"all": "yes"}, OWNER, False),
        ("query ($o: String) { students(organizationCode: $o) { totalCount } }", {"o": "nope"}, OWNER, True),
        ("query ($c: String) { courses(after: $c) { totalCount } }", {"c": "nonsense"}, OWNER, True),
        ("query ($o: [String!]) { students(filter: {uids: $o}) { totalCount } }", {"o": ["a", None]}, OWNER, False),
        ("{ viewer { uid } }", {}, OWNER, False),
        ("{ __typename }", {}, OWNER, False),
        ("{ a: courses { totalCount } b: courses { totalCount } }", {}, OWNER, False),
        ("{ courses { totalCount } courses { nodes { code } } }", {}, OWNER, True),
        ("{ students { nodes { viewerCan } } }", {}, OWNER, False),
    ],
)
@pytest.mark.parametrize("where", ["postgresql", "sqlite"])
async def test_what_is_unusual_leaves_the_lane_and_is_answered_all_the_same(
    lanes: Lanes, text: str, variables: dict[str, object], who: Asking, expressed: bool, where: str
) -> None:
    # An operation has a lane once it was served without an error.
    await lanes.ran(lanes.express, text, {"u": "auth0|x", "all": True, "o": None}, OWNER, where)
    before = lanes.express.expressed
    assert await lanes.difference(text, variables, who, where) is None
    assert (lanes.express.expressed - before > 0) == expressed


async def test_a_document_is_served_once_by_the_ordinary_path(lanes: Lanes) -> None:
    execution, text = Execution(Graph()), "{ courses { totalCount } }"
    for times in range(3):
        await lanes.ran(execution, text, {}, OWNER, "sqlite")
        assert execution.expressed == times
