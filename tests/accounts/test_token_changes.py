"""Making, listing and revoking tokens: what is refused writes nothing, and nobody reaches another's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.accounts import api_tokens
from db.operations import idempotency_keys
from resolvers.abilities import Ability
from tests.accounts.calling import (
    ADMINISTRATOR,
    CREATE,
    ME,
    OWNER,
    REVOKE,
    STUDENT,
    TOKENS,
    by_auth0,
    by_token,
    count,
    new_token,
    number_of,
    reasons,
    with_token,
)
from tests.conftest import Running

LIST = "{ apiTokens { totalCount nodes { legacyId name abilities expiresAt } } }"
ALL = [ability.value for ability in Ability]


async def test_a_token_is_made_as_it_was_asked_for(own: Running) -> None:
    caller = await by_auth0(own, OWNER)
    end = datetime(2031, 4, 1, 9, 30, tzinfo=UTC)
    variables = {"name": " 学習 ", "abilities": ["courses:read", "courses:read", "*"], "expiresAt": end.isoformat()}
    made = (await caller.data(CREATE, variables))["createApiToken"]
    assert made["token"] == {
        "legacyId": number_of(made["plainTextToken"]),
        "name": " 学習 ",
        "abilities": ["courses:read", "*"],
        "expiresAt": "2031-04-01T18:30:00+09:00",
        "lastUsedAt": None,
    }
    assert (made["userErrors"], await count(own.database)) == ([], 1)


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"name": ""}, "name", "NAME_LENGTH"),
        ({"name": " \t　"}, "name", "NAME_LENGTH"),
        ({"name": "あ" * 256}, "name", "NAME_LENGTH"),
        ({"abilities": []}, "abilities", "ABILITIES_EMPTY"),
        ({"abilities": ["courses:write"]}, "abilities", "ABILITY_UNKNOWN"),
        ({"abilities": ["courses:read", "COURSES:READ"]}, "abilities", "ABILITY_UNKNOWN"),
        ({"abilities": ["*", ""]}, "abilities", "ABILITY_UNKNOWN"),
        ({"abilities": ["courses:*"]}, "abilities", "ABILITY_UNKNOWN"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt", "DATE_IN_PAST"),
    ],
)
async def test_a_mistake_is_told_and_nothing_is_written(
    accounts: Running, given: dict[str, Any], field: str, code: str
) -> None:
    caller, before = await by_auth0(accounts, OWNER), await count(accounts.database)
    answer = await caller.data(CREATE, {"name": "one", "abilities": ["*"], **given})
    assert answer["createApiToken"] == {
        "token": None,
        "plainTextToken": None,
        "userErrors": [{"field": [field], "code": code}],
    }
    assert await count(accounts.database) == before


async def test_the_longest_name_is_kept(accounts: Running) -> None:
    caller = await by_auth0(accounts, OWNER)
    made = (await caller.data(CREATE, {"name": "あ" * 255, "abilities": ["*"]}))["createApiToken"]
    assert made["token"]["name"] == "あ" * 255


async def test_several_mistakes_are_told_at_once(accounts: Running) -> None:
    caller = await by_auth0(accounts, OWNER)
    given = {"name": "", "abilities": ["x"], "expiresAt": "2020-01-01T00:00:00Z"}
    told = (await caller.data(CREATE, given))["createApiToken"]["userErrors"]
    assert [mistake["code"] for mistake in told] == ["NAME_LENGTH", "ABILITY_UNKNOWN", "DATE_IN_PAST"]


async def test_a_name_that_no_database_keeps_is_refused(accounts: Running) -> None:
    caller, before = await by_auth0(accounts, OWNER), await count(accounts.database)
    answer = await caller.graph(CREATE, {"name": "a\x00b", "abilities": ["*"]})
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await count(accounts.database) == before


@pytest.mark.parametrize("wanted", ["*", *sorted(set(ALL) - {"tokens:write", "courses:read"})])
async def test_no_token_makes_one_that_may_do_more_than_itself(accounts: Running, wanted: str) -> None:
    caller = await by_token(accounts, OWNER, ["tokens:write", "courses:read"])
    before = [await count(accounts.database, table) for table in (api_tokens, idempotency_keys)]
    refused = await caller.graph(CREATE, {"name": "more", "abilities": ["courses:read", wanted]})
    assert refused.json()["data"] is None
    (error,) = refused.json()["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN", "reason": "ability_beyond_own", "field": "abilities"}
    assert f" {wanted}," in error["message"]
    key = {"Idempotency-Key": f"beyond {wanted}"}
    rest = await caller.post(TOKENS, {"name": "more", "abilities": ["courses:read", wanted]}, **key)
    assert (rest.status_code, rest.json()) == (403, {"message": "This action is unauthorized."})
    assert [await count(accounts.database, table) for table in (api_tokens, idempotency_keys)] == before


async def test_a_token_makes_one_that_may_do_as_much_or_less(accounts: Running) -> None:
    caller = await by_token(accounts, OWNER, ["tokens:write", "courses:read"])
    for wanted in (["courses:read"], ["tokens:write"], ["courses:read", "tokens:write"]):
        made = (await caller.data(CREATE, {"name": "less", "abilities": wanted}))["createApiToken"]
        assert made["token"]["abilities"] == wanted
    everything = await by_token(accounts, OWNER, ["*"])
    made = (await everything.data(CREATE, {"name": "all", "abilities": ["*", *ALL]}))["createApiToken"]
    assert made["token"]["abilities"] == ["*", *ALL]


async def test_every_ability_named_one_by_one_is_not_everything(accounts: Running) -> None:
    caller = await by_token(accounts, OWNER, ALL)
    assert reasons(await caller.graph(CREATE, {"name": "all", "abilities": ["*"]})) == ["ability_beyond_own"]
    made = (await caller.data(CREATE, {"name": "all", "abilities": ALL}))["createApiToken"]
    assert made["token"]["abilities"] == ALL


@pytest.mark.parametrize("ability", sorted(set(ALL) - {"tokens:write"}))
async def test_without_tokens_write_nothing_is_made_and_nothing_revoked(accounts: Running, ability: str) -> None:
    victim = await new_token(accounts, OWNER)
    caller, before = await by_token(accounts, OWNER, [ability]), await count(accounts.database)
    assert reasons(await caller.graph(CREATE, {"name": "x", "abilities": [ability]})) == ["ability_missing"]
    assert reasons(await caller.graph(REVOKE, {"number": number_of(victim)})) == ["ability_missing"]
    for answer in (
        await caller.post(TOKENS, {"name": "x", "abilities": [ability]}),
        await caller.delete(f"{TOKENS}/{number_of(victim)}"),
    ):
        assert (answer.status_code, answer.json()) == (403, {"message": "Invalid ability provided."})
    assert await count(accounts.database) == before
    assert (await with_token(accounts, victim).get(ME)).status_code == 200


async def test_everybody_sees_the_own_tokens_only(own: Running) -> None:
    made = {uid: [await new_token(own, uid) for _ in range(2)] for uid in (OWNER, STUDENT, ADMINISTRATOR)}
    for uid, tokens in made.items():
        for caller in (await by_auth0(own, uid), with_token(own, tokens[0])):
            listed = (await caller.data(LIST))["apiTokens"]
            assert listed["totalCount"] == 2
            assert [row["legacyId"] for row in listed["nodes"]] == [number_of(token) for token in tokens]


async def test_anothers_token_is_not_revoked_not_even_by_the_administrator(own: Running) -> None:
    victim = await new_token(own, STUDENT)
    for uid in (OWNER, ADMINISTRATOR):
        for caller in (await by_auth0(own, uid), await by_token(own, uid)):
            assert await caller.data(REVOKE, {"number": number_of(victim)}) == {"revokeApiToken": {"revoked": False}}
            gone = await caller.delete(f"{TOKENS}/{number_of(victim)}")
            assert (gone.status_code, gone.json()) == (404, {"message": "You have no such token."})
    assert (await with_token(own, victim).get(ME)).status_code == 200


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1, 999_999])
async def test_revoking_what_is_not_there_changes_nothing(accounts: Running, number: int) -> None:
    caller = await by_auth0(accounts, OWNER)
    assert await caller.data(REVOKE, {"number": number}) == {"revokeApiToken": {"revoked": False}}


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.0", "999999", "2147483648", "9" * 30])
async def test_over_rest_a_number_of_no_token_is_not_found(accounts: Running, number: str) -> None:
    caller = await by_token(accounts, OWNER)
    assert (await caller.delete(f"{TOKENS}/{number}")).status_code == 404


async def test_ended_tokens_are_listed_and_revoked_ones_are_not(own: Running) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    ended, revoked = await new_token(own, OWNER, expires_at=soon), await new_token(own, OWNER)
    async with own.database.writing() as transaction:
        past = api_tokens.update().where(api_tokens.c.id == number_of(ended))
        await transaction.execute(past.values(expires_at=datetime.now(UTC) - timedelta(days=1)))
    caller = await by_auth0(own, OWNER)
    await caller.data(REVOKE, {"number": number_of(revoked)})
    listed = (await caller.data(LIST))["apiTokens"]
    assert (listed["totalCount"], listed["nodes"][0]["legacyId"]) == (1, number_of(ended))
