"""Every REST door, every ability: it opens exactly where the graph says that the door's document may be run."""

from dataclasses import dataclass, field

import pytest
from starlette.routing import compile_path

from gateway.diverse.routes import DOORS as DIVERSE_DOORS
from gateway.doors.door import Door
from gateway.talktiko.routes import DOORS as TALKTIKO_DOORS
from resolvers.abilities import Ability
from tests.accounts.calling import OWNER, Caller, by_auth0, by_token, count
from tests.accounts.documents import ANONYMOUS_CALLS, CALLS, DIVERSE, TALKTIKO, Call
from tests.conftest import Running

EXPLAIN = "query ($document: String!) { explainToken(document: $document) { abilities problems } }"
ALL = [ability.value for ability in Ability]
LIMITED = [call for call in CALLS if call not in ANONYMOUS_CALLS]


@dataclass
class Callers:
    """People with a token of one ability each."""

    running: Running
    known: dict[tuple[str, str], Caller] = field(default_factory=dict)

    async def who(self, uid: str, ability: str) -> Caller:
        """A person with a token of this ability."""
        if (uid, ability) not in self.known:
            self.known[uid, ability] = await by_token(self.running, uid, [ability])
        return self.known[uid, ability]


async def asked(caller: Caller, call: Call) -> tuple[int, dict[str, object]]:
    """Status and body of a call."""
    if call.method == "GET":
        answer = await caller.get(call.path, **call.given)
    else:
        body = None if call.method == "DELETE" else call.given
        answer = await caller.client.request(call.method, call.path, json=body, headers=caller.to)
    assert answer.headers["content-type"].startswith("application/json") or answer.status_code in (204, 304)
    return answer.status_code, answer.json() if answer.content else {}


async def explained(running: Running, call: Call) -> set[str]:
    """The abilities that the graph names for the document of a door."""
    caller = await by_auth0(running, call.uid)
    found = (await caller.data(EXPLAIN, {"document": call.file.read_text("utf-8")}))["explainToken"]
    assert found["problems"] == []
    return set(found["abilities"])


@pytest.fixture(scope="module")
def callers(accounts: Running) -> Callers:
    """Who has come with a token of one ability so far: tokens are made slowly, and each is good for every door."""
    return Callers(accounts)


def served(doors: tuple[Door, ...], prefix: str) -> set[tuple[str, str]]:
    """Method and path of the doors."""
    return {(method, prefix + door.path) for door in doors for method in door.methods}


def test_every_door_and_every_document_is_called() -> None:
    doors = served(DIVERSE_DOORS, DIVERSE) | served(TALKTIKO_DOORS, TALKTIKO)
    patterns = {(method, path): compile_path(path)[0] for method, path in doors}
    found = {
        key
        for call in CALLS
        for key, pattern in patterns.items()
        if key[0] == call.method and (pattern.fullmatch(call.path) if "{" in key[1] else key[1] == call.path)
    }
    assert found == doors
    documents = {(call.dialect, call.document) for call in CALLS}
    stored = {(call.dialect, path.stem) for call in CALLS for path in call.file.parent.glob("*.graphql")}
    assert documents == stored


@pytest.mark.parametrize("call", LIMITED, ids=str)
async def test_a_door_opens_to_exactly_the_abilities_that_its_document_needs(
    accounts: Running, callers: Callers, call: Call
) -> None:
    needed = await explained(accounts, call)
    assert needed == set(call.needs)
    for ability in [*ALL, "*"]:
        caller = await callers.who(call.uid, ability)
        tokens = await count(accounts.database)
        status, body = await asked(caller, call)
        if needed <= {ability} or ability == "*":
            assert status in (200, 404, 422), (ability, status, body)
        elif call.dialect == "talktiko":
            assert (status, body) == (403, {"message": "Invalid ability provided."}), ability
        else:
            assert (status, body["code"]) == (403, "ability_missing"), ability
            assert str(body["message"]).endswith(", which this token does not have."), ability
        assert await count(accounts.database) == tokens


@pytest.mark.parametrize("call", [call for call in LIMITED if len(call.needs) > 1], ids=str)
async def test_a_door_that_needs_several_abilities_opens_to_all_of_them_together(accounts: Running, call: Call) -> None:
    status, _ = await asked(await by_token(accounts, call.uid, sorted(call.needs)), call)
    assert status == 200


@pytest.mark.parametrize("call", ANONYMOUS_CALLS, ids=str)
async def test_an_open_door_looks_at_no_token(accounts: Running, call: Call) -> None:
    callers = [await by_token(accounts, OWNER, ["notices:read"]), Caller(accounts.client, {})]
    callers.append(Caller(accounts.client, {"Authorization": "Bearer 1|nonsense"}))
    first, *others = [await asked(caller, call) for caller in callers]
    assert first[0] in (200, 422)
    assert others == [first, first]
