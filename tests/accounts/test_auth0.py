"""The same person by Auth0's token and by an API token: the same rows; only what the API token may do is limited."""

import pytest

from tests.accounts.calling import ADMINISTRATOR, COACH, OWNER, SAMPLE_STUDENT, STUDENT, by_auth0, by_token
from tests.conftest import Running

DOCUMENTS = [
    "{ viewer { uid roles privileges demo plan planCode abilities trial { active daysLeft } } }",
    "{ viewer { accessMatrix { operation reach why } } }",
    "{ viewer { account { legacyId name email locale timeZone } organization { code sections { nodes { code } } } } }",
    "{ viewer { student { code school { name } courses { code lessonPackages { code } } } } }",
    "{ viewer { staff { code sections { code } } } }",
    "{ organizations { totalCount nodes { code children { code } students(first: 3) { totalCount nodes { uid } } } } }",
    "{ courses(first: 100) { totalCount nodes { code } } schools { totalCount } }",
    "{ statistics { learners courses lessons completions minutes active } }",
    "{ students(first: 100) { totalCount nodes { uid viewerCan { reach } } } }",
    "{ usageRecords(first: 5) { totalCount nodes { uid packageCode } } }",
    "{ apiTokens { totalCount } }",
]


@pytest.mark.parametrize("uid", [STUDENT, SAMPLE_STUDENT, COACH, OWNER, ADMINISTRATOR, "auth0|demo-demo"])
async def test_a_person_sees_the_same_by_either_token(accounts: Running, uid: str) -> None:
    by_api_token, by_signature = await by_token(accounts, uid), await by_auth0(accounts, uid)
    for document in DOCUMENTS:
        one, other = await by_api_token.graph(document), await by_signature.graph(document)
        assert one.status_code == other.status_code == 200
        assert one.json() == other.json()


@pytest.mark.parametrize("path", ["/api/auth/me", "/api/v1/me", "/api/courses", "/api/v1/organizations"])
async def test_rest_shows_the_same_by_either_token(accounts: Running, path: str) -> None:
    for uid in (STUDENT, OWNER, ADMINISTRATOR):
        one, other = await (await by_token(accounts, uid)).get(path), await (await by_auth0(accounts, uid)).get(path)
        assert (one.status_code, one.json()) == (other.status_code, other.json())
        assert one.status_code == 200


async def test_auth0s_token_has_every_ability_and_an_api_token_its_own(accounts: Running) -> None:
    document = "{ viewer { abilities } }"
    assert await (await by_auth0(accounts, OWNER)).data(document) == {"viewer": {"abilities": ["*"]}}
    for abilities in (["*"], ["members:read"], ["courses:read", "tokens:read"]):
        caller = await by_token(accounts, OWNER, abilities)
        assert await caller.data(document) == {"viewer": {"abilities": abilities}}


async def test_auth0s_token_claims_its_privileges_and_an_api_token_whatever_there_is(accounts: Running) -> None:
    refused = await accounts.client.get(
        "/api/auth/me", headers={"Authorization": f"Bearer {accounts.signed(OWNER, ['student'])}"}
    )
    assert (refused.status_code, refused.json()) == (403, {"message": "This action is unauthorized."})
    shown = await (await by_token(accounts, OWNER)).get("/api/auth/me")
    assert shown.json()["data"]["roles"] == ["cram_school_owner"]
