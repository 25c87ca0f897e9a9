"""API tokens as they are recognised: shown once, kept as a digest, good until they end or are revoked."""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, update

from db.accounts import api_tokens
from db.students import students
from resolvers.api_tokens import new_secret
from tests.accounts.calling import (
    CREATE,
    EMAILS,
    ME,
    OWNER,
    PASSWORD,
    REVOKE,
    SIGN_IN,
    STUDENT,
    TOKENS,
    by_token,
    count,
    dump,
    new_token,
    number_of,
    reasons,
    with_token,
)
from tests.conftest import Running

VIEWER = "{ viewer { uid } }"


async def refusal(running: Running, token: str) -> tuple[int, str, list[str | None]]:
    """What both doors say to a token that is refused: REST's status and message, and the graph's reasons."""
    caller = with_token(running, token)
    rest, graph = await caller.get(ME), await caller.graph(VIEWER)
    assert rest.status_code == graph.status_code
    assert rest.headers["www-authenticate"] == graph.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    return rest.status_code, rest.json()["message"], reasons(graph)


async def test_a_new_token_opens_every_door(own: Running) -> None:
    caller = await by_token(own, STUDENT)
    assert (await caller.get(ME)).json()["data"]["uid"] == STUDENT
    assert (await caller.get("/api/v1/me")).json()["uid"] == STUDENT
    assert await caller.data(VIEWER) == {"viewer": {"uid": STUDENT}}


async def test_a_wrong_secret_is_refused_whoevers_number_it_names(own: Running) -> None:
    token, other = await new_token(own, OWNER), await new_token(own, STUDENT)
    for wrong in (
        f"{number_of(token)}|{new_secret()}",
        f"{number_of(token)}|{other.partition('|')[2]}",
        f"{number_of(other)}|{token.partition('|')[2]}",
        f"{number_of(other) + 1}|{token.partition('|')[2]}",
    ):
        assert await refusal(own, wrong) == (401, "Unauthenticated.", ["token_unknown"])
    assert (await with_token(own, token).get(ME)).status_code == 200


async def test_the_digest_itself_is_no_token(own: Running) -> None:
    token = await new_token(own, OWNER)
    digest = sha256(token.partition("|")[2].encode()).hexdigest()
    assert await refusal(own, f"{number_of(token)}|{digest}") == (401, "Unauthenticated.", ["token_malformed"])


async def test_a_token_is_good_until_the_instant_at_which_it_ends(own: Running) -> None:
    token = await new_token(own, OWNER, expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    assert (await with_token(own, token).get(ME)).status_code == 200
    async with own.database.writing() as transaction:
        ended = update(api_tokens).where(api_tokens.c.id == number_of(token))
        await transaction.execute(ended.values(expires_at=datetime.now(UTC)))
    assert await refusal(own, token) == (401, "Unauthenticated.", ["token_expired"])


async def test_a_revoked_token_is_refused_by_the_very_next_request(own: Running) -> None:
    for revoke in ("graph", "rest", "itself"):
        token, manager = await new_token(own, OWNER), await by_token(own, OWNER, ["tokens:write"])
        victim = with_token(own, token)
        assert (await victim.get(ME)).status_code == 200
        if revoke == "graph":
            told = await manager.data(REVOKE, {"number": number_of(token)})
            assert told == {"revokeApiToken": {"revoked": True}}
        else:
            by = manager if revoke == "rest" else victim
            assert (await by.delete(f"{TOKENS}/{number_of(token)}")).status_code == 204
        assert await refusal(own, token) == (401, "Unauthenticated.", ["token_unknown"])
        assert (await manager.delete(f"{TOKENS}/{number_of(token)}")).status_code == 404


async def test_a_token_that_is_revoked_while_requests_are_in_flight_is_good_for_none_that_come_later(
    own: Running,
) -> None:
    token, manager = await new_token(own, OWNER), await by_token(own, OWNER)
    victim = with_token(own, token)
    flying = [asyncio.create_task(victim.get(ME)) for _ in range(40)]
    revoked = await manager.delete(f"{TOKENS}/{number_of(token)}")
    after = await asyncio.gather(*(victim.get(ME) for _ in range(40)))
    before = await asyncio.gather(*flying)
    assert revoked.status_code == 204
    assert {answer.status_code for answer in before} <= {200, 401}
    assert [answer.status_code for answer in after] == [401] * 40


async def test_revoking_keeps_the_row_and_forgets_nothing_of_other_tokens(own: Running) -> None:
    kept, gone = await new_token(own, OWNER), await new_token(own, OWNER)
    caller = with_token(own, kept)
    assert (await caller.delete(f"{TOKENS}/{number_of(gone)}")).status_code == 204
    assert [row["id"] for row in (await caller.get(TOKENS)).json()["data"]] == [number_of(kept)]
    assert await count(own.database) == 2


async def test_the_secret_is_in_no_row_and_its_digest_is(own: Running) -> None:
    owner = await by_token(own, OWNER)
    made = await owner.post(TOKENS, {"name": "mine", "abilities": ["*"]}, **{"Idempotency-Key": "once"})
    entered = await own.client.post(SIGN_IN, json={"email": EMAILS[STUDENT], "password": PASSWORD})
    tokens = [str(owner.headers["Authorization"]).removeprefix("Bearer "), made.json()["plainTextToken"]]
    tokens.append(entered.json()["token"])
    everything = await dump(own.database)
    for token in tokens:
        secret = token.partition("|")[2]
        assert secret.encode() not in everything
        assert secret.removeprefix("kakehashi_")[:40].encode() not in everything
        assert sha256(secret.encode()).digest() in everything
    async with own.database.engine.connect() as connection:
        digests = [row[0] for row in await connection.execute(select(api_tokens.c.digest).order_by(api_tokens.c.id))]
    assert digests == [sha256(token.partition("|")[2].encode()).digest() for token in tokens]


async def test_a_secret_is_shown_once(own: Running) -> None:
    caller = await by_token(own, OWNER)
    made = (await caller.data(CREATE, {"name": "shown", "abilities": ["courses:read"]}))["createApiToken"]
    secret = made["plainTextToken"].partition("|")[2]
    listed = await caller.get(TOKENS)
    graph = await caller.graph("{ apiTokens { nodes { id legacyId name abilities } } }")
    assert [row["name"] for row in listed.json()["data"]] == ["a test's", "shown"]
    for answer in (listed, graph):
        assert secret not in answer.text
        assert sha256(secret.encode()).hexdigest() not in answer.text
    assert set(listed.json()["data"][0]) == {"id", "name", "abilities", "last_used_at", "expires_at", "created_at"}
    graph_shows = (await caller.data('{ __type(name: "ApiToken") { fields { name } } }'))["__type"]["fields"]
    assert {field["name"] for field in graph_shows}.isdisjoint({"digest", "token", "plainTextToken", "secret"})


async def test_a_locked_person_is_refused_with_a_good_token(own: Running) -> None:
    caller = await by_token(own, STUDENT)
    async with own.database.writing() as transaction:
        locked = update(students).where(students.c.uid == STUDENT)
        await transaction.execute(locked.values(locked_at=datetime.now(UTC)))
    refused = await caller.get(ME)
    assert (refused.status_code, refused.json()) == (403, {"message": "This action is unauthorized."})
    assert reasons(await caller.graph(VIEWER)) == ["account_locked"]


@pytest.mark.parametrize("place", ["access_token", "token", "Access_Token", "access%5Ftoken"])
async def test_a_good_token_in_the_address_is_refused(accounts: Running, place: str) -> None:
    token = await new_token(accounts, OWNER)
    answer = await accounts.client.get(f"{ME}?{place}={token}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def test_two_good_tokens_are_none(accounts: Running) -> None:
    token = await new_token(accounts, OWNER)
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    assert (await accounts.client.get(ME, headers=headers)).status_code == 401


async def test_logs_never_show_a_token(own: Running, capsys: pytest.CaptureFixture[str]) -> None:
    token = await new_token(own, OWNER)
    await with_token(own, token).get(ME)
    await with_token(own, f"{token[:-1]}!").get(ME)
    await own.client.get(f"{ME}?access_token={token}")
    said = "".join(capsys.readouterr())
    assert "/api/auth/me" in said
    assert token.partition("|")[2][:30] not in said
