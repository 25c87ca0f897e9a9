"""A token with one ability can do over GraphQL exactly what that ability means: every ability, every root field."""

import pytest

from resolvers.abilities import ABILITIES, DESCRIPTIONS, Ability
from resolvers.policy import MATRIX, Operation, Position
from schema.needs import is_open, operation_of
from schema.root import graph_of
from tests.accounts.calling import ADMINISTRATOR, OWNER, STUDENT, Caller, by_auth0, by_token, count, reasons
from tests.accounts.roots import ABILITY, NEEDED, roots, smallest
from tests.conftest import Running

GRAPH = graph_of(stepwise=False).schema
ALL = [ability.value for ability in Ability]
PEOPLE = {
    STUDENT: Position.STUDENT,
    OWNER: Position.OWNER_PARENT,
    ADMINISTRATOR: Position.ADMINISTRATOR,
}
COLUMN = {position: column for column, position in enumerate(Position)}


def refusal_of(root: str, uid: str, abilities: set[str]) -> tuple[str, str] | None:
    """Why a person with a token of these abilities may not ask for a root field, and the message that says so."""
    operation = NEEDED[root]
    if operation is None:
        return None
    if MATRIX[operation][COLUMN[PEOPLE[uid]]] is None:
        role = PEOPLE[uid].value
        said = f"{root} needs the operation {operation.value}, which your role does not have ({role})."
        return "operation_not_allowed", said
    needed = ABILITY[operation]
    if needed is None or needed in abilities or "*" in abilities:
        return None
    return "ability_missing", f"{root} needs the ability {needed}, which this token does not have."


async def hold(running: Running, caller: Caller, uid: str, abilities: list[str], root: str) -> None:
    """Ask for a root field, and hold the answer against the tables."""
    email = f"{'-'.join(abilities)}.{uid}@nobody.example".replace("|", ".")
    document = smallest(GRAPH, root).replace("EMAIL", email)
    subscribes = root.startswith("Subscription.")
    parts = running.app.state.parts
    content = await caller.begun(parts, document) if subscribes else (await caller.graph(document)).json()
    expected = refusal_of(root, uid, set(abilities))
    errors = content.get("errors", [])
    # A document that does not fit the graph would have an error without a path, and proves nothing.
    assert all(error["path"] == [root.partition(".")[2]] for error in errors), (root, errors)
    refused = [error for error in errors if error["extensions"]["code"] == "FORBIDDEN"]
    if expected is None:
        said = {error["extensions"].get("reason") for error in errors}
        assert not {"ability_missing", "operation_not_allowed"} & said, (root, errors)
        return
    reason, message = expected
    (error,) = refused
    assert (error["extensions"]["reason"], error["message"]) == (reason, message)
    # On the field itself, as if it were named wrongly, it would be a validation error; here it is a refusal of ours.
    assert error["extensions"]["field"] == root
    assert content.get("data") is None or content["data"] == {root.partition(".")[2]: None}


def test_every_root_field_declares_an_operation_or_is_public() -> None:
    closed = {}
    for root in roots(GRAPH):
        kind, _, name = root.partition(".")
        definition = GRAPH.type_map[kind].fields[name]  # type: ignore[attr-defined]  # roots have fields
        closed[root] = operation_of(definition)
        assert (closed[root] is None) == is_open(definition), f"{root} is neither public nor declares an operation"
    assert closed == NEEDED


def test_every_operation_and_every_ability_has_its_place() -> None:
    assert {operation: ability and ability.value for operation, ability in ABILITIES.items()} == ABILITY
    assert set(ABILITIES) == set(Operation)
    assert set(DESCRIPTIONS) == set(Ability)
    assert {ability for ability in ABILITY.values() if ability} == set(ALL)


@pytest.mark.parametrize("uid", PEOPLE)
@pytest.mark.parametrize("ability", [*ALL, "*"])
async def test_a_token_opens_exactly_the_root_fields_of_its_ability(accounts: Running, uid: str, ability: str) -> None:
    caller, before = await by_token(accounts, uid, [ability]), await count(accounts.database)
    for root in NEEDED:
        await hold(accounts, caller, uid, [ability], root)
    assert await count(accounts.database) == before


@pytest.mark.parametrize("uid", PEOPLE)
async def test_auth0s_token_opens_the_root_fields_of_the_role(accounts: Running, uid: str) -> None:
    caller = await by_auth0(accounts, uid)
    for root in NEEDED:
        await hold(accounts, caller, uid, ["*"], root)


async def test_an_alias_or_a_fragment_is_no_way_around(accounts: Running) -> None:
    caller = await by_token(accounts, OWNER, ["courses:read"])
    hidden = "fragment Hidden on Query { harmless: students(first: 1) { nodes { uid } } }"
    for document in (
        "{ courses: students(first: 1) { nodes { uid } } }",
        "{ ... on Query { students(first: 1) { nodes { uid } } } }",
        f"{{ ...Hidden }} {hidden}",
        f"query A {{ ...Hidden }} {hidden}",
        "query ($yes: Boolean = true) { students(first: 1) @include(if: $yes) { nodes { uid } } }",
        "query ($no: Boolean = false) { students(first: 1) @skip(if: $no) { nodes { uid } } }",
    ):
        answer = await caller.graph(document)
        assert (reasons(answer), answer.json()["data"]) == (["ability_missing"], None), document


async def test_what_is_refused_spoils_nothing_of_what_is_allowed_beside_it(accounts: Running) -> None:
    caller = await by_token(accounts, OWNER, ["courses:read"])
    answer = await caller.graph('{ viewer { uid } organization(code: "kakehashi") { code } }')
    assert reasons(answer) == ["ability_missing"]
    assert answer.json()["data"] == {"viewer": {"uid": OWNER}, "organization": None}


async def test_a_plan_of_a_mightier_token_opens_nothing_for_a_weaker_one(accounts: Running) -> None:
    document = "{ students(first: 1) { nodes { uid } } }"
    mighty, weak = await by_token(accounts, OWNER, ["*"]), await by_token(accounts, OWNER, ["courses:read"])
    for _ in range(2):
        assert len((await mighty.data(document))["students"]["nodes"]) == 1
        assert reasons(await weak.graph(document)) == ["ability_missing"]
