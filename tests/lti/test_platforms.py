"""Platforms over GraphQL: made, shown, changed, removed; by whom; at the same time; and what follows from a change."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from db.accounts import api_tokens
from db.lti.tables import lti_invitations, lti_launches, lti_people, lti_platforms
from gateway.settings import Environment, Settings
from tests.accounts.calling import (
    ADMINISTRATOR,
    COACH,
    OWNER,
    STUDENT,
    SUNDAI_OWNER,
    Caller,
    by_auth0,
    by_token,
    count,
    dump,
    new_token,
    number_of,
    reasons,
    with_token,
)
from tests.conftest import SEALING_KEY, Running, running

NOW = datetime(2026, 11, 28, tzinfo=UTC)
LMS = "https://93.184.216.34"
GIVEN = {
    "name": "Moodle",
    "issuer": "https://moodle.example.jp",
    "clientId": "abc",
    "authLoginUrl": "https://moodle.example.jp/mod/lti/auth.php",
    "tokenUrl": f"{LMS}/token",
    "jwksUrl": f"{LMS}/certs",
    "deployments": ["1", "2"],
}
TYPES = {
    **dict.fromkeys(("name", "issuer", "clientId", "authLoginUrl", "tokenUrl", "jwksUrl"), "String"),
    "deployments": "[String!]",
    "tokenAudience": "String",
    "matching": "LtiMatching",
    "createsAccounts": "Boolean",
    "isActive": "Boolean",
    "organizationCode": "String",
    "legacyId": "Int!",
}
SHOWN = """legacyId name issuer clientId authLoginUrl tokenUrl tokenAudience jwksUrl deployments matching matchingCode
  createsAccounts isActive"""
PAYLOAD = f"platform {{ {SHOWN} organization {{ code }} }} tool {{ loginUrl }} userErrors {{ field code message }}"
ONE = f"query ($id: Int!) {{ ltiPlatform(legacyId: $id) {{ {SHOWN} organization {{ code }} }} }}"
TOOL = "{ ltiTool { loginUrl launchUrl jwksUrl courseUrl canvasConfigurationUrl platformsUrl } }"
ALL = "{ ltiPlatforms { nodes { legacyId } } }"


def mutation(name: str, given: dict[str, Any], payload: str = PAYLOAD) -> str:
    """A mutation with variables for what is given; what platforms must have is required."""
    required = name == "registerLtiPlatform"
    types = {key: f"{TYPES[key]}!" if required and key in GIVEN else TYPES[key] for key in given}
    variables = ", ".join(f"${key}: {type_}" for key, type_ in types.items())
    arguments = ", ".join(f"{key}: ${key}" for key in given)
    return f"mutation ({variables}) {{ {name}({arguments}) {{ {payload} }} }}"


async def changed(caller: Caller, field: str, /, **given: object) -> Any:  # noqa: ANN401  # JSON has no types
    """What comes of a mutation."""
    return (await caller.data(mutation(field, given), given))[field]


async def registered(caller: Caller, **more: object) -> Any:  # noqa: ANN401  # JSON has no types
    """A new platform."""
    made = await changed(caller, "registerLtiPlatform", **{**GIVEN, **more})
    assert made["userErrors"] == []
    return made["platform"]


async def codes(caller: Caller, field: str, /, **given: object) -> list[tuple[list[str], str]]:
    """The mistakes in a change, of which nothing is shown then."""
    found = await changed(caller, field, **given)
    assert found["platform"] is None
    return [(mistake["field"], mistake["code"]) for mistake in found["userErrors"]]


async def owner_of(app: Running, id_: int) -> int:
    """Whose a platform is."""
    async with app.database.writing() as transaction:
        found = select(lti_platforms.c.owner_id).where(lti_platforms.c.id == id_)
        return int((await transaction.execute(found)).scalar_one())


async def launched(app: Running, platform: dict[str, Any], token_id: int) -> None:
    """A launch from a platform, whose session is an API token."""
    async with app.database.writing() as transaction:
        user_id = select(api_tokens.c.user_id).where(api_tokens.c.id == token_id)
        place = select(lti_platforms.c.organization_id).where(lti_platforms.c.id == platform["legacyId"])
        values = {
            "platform_id": platform["legacyId"],
            "organization_id": (await transaction.execute(place)).scalar_one(),
            "deployment_id": "1",
            "message_type": "resource_link",
            "subject": "17",
            "roles": [],
            "ags_scopes": [],
            "user_id": (await transaction.execute(user_id)).scalar_one(),
            "has_grade_service": False,
            "has_roster": False,
            "token_id": token_id,
            "launched_at": NOW,
        }
        await transaction.execute(insert(lti_launches).values(**values))


async def test_a_platform_is_made_shown_changed_and_removed(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    made = await changed(owner, "registerLtiPlatform", **GIVEN, matching="EMAIL", createsAccounts=False)
    assert made["tool"] == {"loginUrl": "http://kakehashi.test/api/lti/login"}
    new = made["platform"]
    policy = {"matching": "EMAIL", "matchingCode": "email", "createsAccounts": False, "isActive": True}
    whose = {"organization": {"code": "kakehashi"}, "tokenAudience": None}
    assert new == {**GIVEN, **policy, **whose, "legacyId": new["legacyId"]}
    assert (await owner.data(ONE, {"id": new["legacyId"]}))["ltiPlatform"] == new
    off = await changed(owner, "updateLtiPlatform", legacyId=new["legacyId"], isActive=False, deployments=["3"])
    assert off["platform"] == {**new, "isActive": False, "deployments": ["3"]}
    delete = mutation("deleteLtiPlatform", {"legacyId": 0}, "deleted")
    for deleted in (True, False):
        answer = await owner.data(delete, {"legacyId": new["legacyId"]})
        assert answer == {"deleteLtiPlatform": {"deleted": deleted}}
    nothing = await changed(owner, "updateLtiPlatform", legacyId=new["legacyId"], name="x")
    assert (nothing["platform"], nothing["userErrors"]) == (None, [])


async def test_the_tool_says_where_it_is(own: Running) -> None:
    base = "http://kakehashi.test/api/lti"
    assert (await (await by_auth0(own, OWNER)).data(TOOL))["ltiTool"] == {
        "loginUrl": f"{base}/login",
        "launchUrl": f"{base}/callback",
        "jwksUrl": f"{base}/jwks",
        "courseUrl": f"{base}/course",
        "canvasConfigurationUrl": f"{base}/canvas.json",
        "platformsUrl": f"{base}/platforms",
    }
    refused = await (await by_auth0(own, STUDENT)).graph(TOOL)
    assert refused.json()["data"] == {"ltiTool": None}
    assert [error["extensions"]["code"] for error in refused.json()["errors"]] == ["FORBIDDEN"]


async def test_a_public_address_is_the_tools_whoever_asks_at_which(url: str, data_dir: Path) -> None:
    home = "https://learn.example.jp/"
    async with running(Settings(database_url=url, data_dir=data_dir, public_url=home, talktiko_prefix="/tk")) as app:
        found = (await (await by_auth0(app, OWNER)).data(TOOL))["ltiTool"]
        assert found["loginUrl"] == "https://learn.example.jp/tk/lti/login"


async def test_in_production_without_an_address_the_tool_has_none_and_nothing_is_registered(
    url: str, data_dir: Path
) -> None:
    async with running(Settings(database_url=url, data_dir=data_dir)) as app:
        token = await new_token(app, OWNER)
    settings = Settings(
        database_url=url,
        data_dir=data_dir,
        sealing_keys=(SEALING_KEY,),
        environment=Environment.PRODUCTION,
        auth0_issuer="https://tenant.example.jp/",
    )
    async with running(settings) as app:
        owner = with_token(app, token)
        assert await owner.data(TOOL) == {"ltiTool": None}
        assert await codes(owner, "registerLtiPlatform", **GIVEN) == [(["issuer"], "HOME_MISSING")]
        invite = await owner.data("mutation { inviteLtiPlatform { url userErrors { field code } } }")
        wrong = [{"field": ["organizationCode"], "code": "HOME_MISSING"}]
        assert invite == {"inviteLtiPlatform": {"url": None, "userErrors": wrong}}
        assert await count(app.database, lti_platforms) == await count(app.database, lti_invitations) == 0
        for path in ("/api/lti", "/api/lti/canvas.json", "/api/lti/register/abc"):
            answer = await app.client.get(path)
            assert (answer.status_code, "KAKEHASHI_PUBLIC_URL" in answer.text) == (503, True), path


async def test_mistakes_are_named_by_their_arguments(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    wrong: dict[str, object] = {
        "name": "",
        "issuer": "moodle",
        "clientId": "é",
        "authLoginUrl": "auth",
        "tokenUrl": "https://127.0.0.1/",
    }
    wrong |= {"jwksUrl": "https://nobody.invalid/", "tokenAudience": "a" * 256, "createsAccounts": False}
    found = await codes(owner, "registerLtiPlatform", **{**GIVEN, **wrong, "deployments": []})
    assert found == [
        (["name"], "NAME_LENGTH"),
        (["issuer"], "ISSUER_FORM"),
        (["clientId"], "CLIENT_ID_FORM"),
        (["authLoginUrl"], "URL_REFUSED"),
        (["deployments"], "DEPLOYMENTS_FORM"),
        (["tokenAudience"], "TOKEN_AUDIENCE_LENGTH"),
        (["tokenUrl"], "URL_REFUSED"),
        (["jwksUrl"], "URL_UNKNOWN"),
        (["createsAccounts"], "NOBODY_COMES"),
    ]
    assert await codes(owner, "registerLtiPlatform", **GIVEN, organizationCode="sundai") == [
        (["organizationCode"], "ORGANIZATION_UNKNOWN")
    ]
    administrator = await by_auth0(own, ADMINISTRATOR)
    assert await codes(administrator, "registerLtiPlatform", **GIVEN) == [(["organizationCode"], "ORGANIZATION_NEEDED")]
    assert await count(own.database, lti_platforms) == 0


async def test_a_policy_must_let_somebody_in_after_a_change_too(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    new = await registered(owner, matching="EMAIL", createsAccounts=False)
    id_ = new["legacyId"]
    nobody = [(["createsAccounts"], "NOBODY_COMES")]
    assert await codes(owner, "updateLtiPlatform", legacyId=id_, matching="NOTHING", name="x") == nobody
    assert (await owner.data(ONE, {"id": id_}))["ltiPlatform"] == new
    given = {"legacyId": id_, "matching": "NOTHING", "createsAccounts": True}
    assert (await changed(owner, "updateLtiPlatform", **given))["userErrors"] == []


async def test_two_platforms_may_share_an_issuer_with_other_client_ids(own: Running) -> None:
    owner, other = await by_auth0(own, OWNER), await by_auth0(own, SUNDAI_OWNER)
    await registered(owner, clientId="a")
    await registered(owner, clientId="b")
    await registered(other, clientId="c")
    assert await codes(other, "registerLtiPlatform", **{**GIVEN, "clientId": "a"}) == [(["clientId"], "PLATFORM_KNOWN")]
    # Issuers and client ids are compared as they are.
    await registered(other, clientId="A")
    assert await count(own.database, lti_platforms) == 4


async def test_of_several_who_register_the_same_at_once_one_does(own: Running) -> None:
    callers = [await by_auth0(own, OWNER), await by_auth0(own, SUNDAI_OWNER)] * 3
    made = await asyncio.gather(*[changed(one, "registerLtiPlatform", **GIVEN) for one in callers])
    assert sorted([error["code"] for error in one["userErrors"]] for one in made) == [[], *[["PLATFORM_KNOWN"]] * 5]
    assert await count(own.database, lti_platforms) == 1


async def test_of_several_that_become_the_same_at_once_one_does(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    ids = [(await registered(owner, clientId=str(number)))["legacyId"] for number in range(4)]
    changes = [changed(owner, "updateLtiPlatform", legacyId=id_, clientId="same") for id_ in ids]
    made = await asyncio.gather(*changes)
    assert sorted([error["code"] for error in one["userErrors"]] for one in made) == [[], *[["PLATFORM_KNOWN"]] * 3]


async def test_an_organization_has_a_hundred_platforms_at_most(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    first = await registered(owner)
    async with own.database.writing() as transaction:
        kept = select(lti_platforms).where(lti_platforms.c.id == first["legacyId"])
        row = dict((await transaction.execute(kept)).mappings().one())
        rows = [{**row, "id": 1000 + number, "client_id": f"x{number}"} for number in range(99)]
        await transaction.execute(insert(lti_platforms), rows)
    assert await codes(owner, "registerLtiPlatform", **{**GIVEN, "clientId": "one more"}) == [
        (["issuer"], "PLATFORMS_TOO_MANY")
    ]
    await registered(await by_auth0(own, SUNDAI_OWNER), clientId="theirs")
    assert await count(own.database, lti_platforms) == 101


async def test_whoever_changes_names_or_addresses_is_the_owner_from_then_on(own: Running) -> None:
    owner, administrator = await by_auth0(own, OWNER), await by_auth0(own, ADMINISTRATOR)
    id_ = (await registered(owner))["legacyId"]
    first = await owner_of(own, id_)
    await changed(administrator, "updateLtiPlatform", legacyId=id_, name="x", deployments=["9"], isActive=False)
    assert await owner_of(own, id_) == first
    await changed(administrator, "updateLtiPlatform", legacyId=id_, tokenUrl=f"{LMS}/other")
    assert await owner_of(own, id_) != first
    for field in ("issuer", "clientId", "authLoginUrl", "jwksUrl"):
        await changed(owner, "updateLtiPlatform", legacyId=id_, **{field: GIVEN[field]})
        assert await owner_of(own, id_) == first, field
        await changed(administrator, "updateLtiPlatform", legacyId=id_, tokenAudience="them")


async def test_an_issuer_stays_once_people_have_come_from_there(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    id_ = (await registered(owner))["legacyId"]
    moved = await changed(owner, "updateLtiPlatform", legacyId=id_, issuer="https://lms.example.jp")
    assert moved["platform"]["issuer"] == "https://lms.example.jp"
    async with own.database.writing() as transaction:
        person = {"platform_id": id_, "subject": "17", "kind": "student", "created_at": NOW}
        known = select(lti_platforms.c.owner_id).where(lti_platforms.c.id == id_)
        person["user_id"] = (await transaction.execute(known)).scalar_one()
        await transaction.execute(insert(lti_people).values(**person))
    given = {"legacyId": id_, "issuer": "https://other.example.jp", "name": "x"}
    assert await codes(owner, "updateLtiPlatform", **given) == [(["issuer"], "ISSUER_STAYS")]
    assert (await owner.data(ONE, {"id": id_}))["ltiPlatform"] == moved["platform"]
    same = await changed(owner, "updateLtiPlatform", legacyId=id_, issuer="https://lms.example.jp", name="x")
    assert same["platform"]["name"] == "x"


@pytest.mark.parametrize("way", ["switched off", "removed"])
async def test_sessions_from_a_platform_that_is_gone_end(own: Running, way: str) -> None:
    owner = await by_auth0(own, OWNER)
    platform, other = await registered(owner), await registered(owner, clientId="other")
    tokens = [await new_token(own, STUDENT, ["courses:read"]) for _ in range(2)]
    for one, token in zip((platform, other), tokens, strict=True):
        await launched(own, one, number_of(token))
    assert [(await with_token(own, token).get("/api/auth/me")).status_code for token in tokens] == [200, 200]
    if way == "removed":
        await owner.data(mutation("deleteLtiPlatform", {"legacyId": 0}, "deleted"), {"legacyId": platform["legacyId"]})
    else:
        await changed(owner, "updateLtiPlatform", legacyId=platform["legacyId"], isActive=False)
    assert [(await with_token(own, token).get("/api/auth/me")).status_code for token in tokens] == [401, 200]
    assert await count(own.database, lti_launches) == (1 if way == "removed" else 2)


async def test_a_removed_platforms_number_is_never_given_again(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    first = (await registered(owner))["legacyId"]
    await owner.data(mutation("deleteLtiPlatform", {"legacyId": 0}, "deleted"), {"legacyId": first})
    assert (await registered(owner))["legacyId"] > first


async def test_platforms_of_others_are_not_there(own: Running) -> None:
    theirs = (await registered(await by_auth0(own, SUNDAI_OWNER)))["legacyId"]
    owner = await by_auth0(own, OWNER)
    assert (await owner.data(ALL))["ltiPlatforms"]["nodes"] == []
    assert (await owner.data(ONE, {"id": theirs}))["ltiPlatform"] is None
    assert (await changed(owner, "updateLtiPlatform", legacyId=theirs, isActive=False))["platform"] is None
    gone = await owner.data(mutation("deleteLtiPlatform", {"legacyId": 0}, "deleted"), {"legacyId": theirs})
    assert gone == {"deleteLtiPlatform": {"deleted": False}}
    administrator = await by_auth0(own, ADMINISTRATOR)
    shown = (await administrator.data(ONE, {"id": theirs}))["ltiPlatform"]
    assert (shown["isActive"], shown["organization"]) == (True, {"code": "sundai"})


async def test_an_owner_registers_for_organizations_below(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    below = await registered(owner, organizationCode="kakehashi-ueno")
    assert below["organization"] == {"code": "kakehashi-ueno"}
    assert (await owner.data(ALL))["ltiPlatforms"]["nodes"] == [{"legacyId": below["legacyId"]}]


async def test_coaches_students_and_demo_tokens_register_nothing(own: Running) -> None:
    for uid in (COACH, STUDENT):
        refused = await (await by_auth0(own, uid)).graph(mutation("registerLtiPlatform", GIVEN), GIVEN)
        assert [error["extensions"]["code"] for error in refused.json()["errors"]] == ["FORBIDDEN"]
    demo = Caller(own.client, {"Authorization": f"Bearer {own.signed(OWNER, ['cram_school_owner'], demo=True)}"})
    for text, given in (
        (mutation("registerLtiPlatform", GIVEN), GIVEN),
        ("mutation { inviteLtiPlatform { url } }", {}),
    ):
        assert reasons(await demo.graph(text, given)) == ["demo_token"]
    assert await count(own.database, lti_platforms) == await count(own.database, lti_invitations) == 0


async def test_a_token_needs_the_ability(own: Running) -> None:
    reader = await by_token(own, OWNER, ["lti:read"])
    assert (await reader.data(ALL))["ltiPlatforms"]["nodes"] == []
    refused = await reader.graph(mutation("registerLtiPlatform", GIVEN), GIVEN)
    assert [error["extensions"]["code"] for error in refused.json()["errors"]] == ["FORBIDDEN"]
    assert await count(own.database, lti_platforms) == 0
    assert (await (await by_token(own, OWNER, ["lti:write"])).graph(TOOL)).json()["data"] == {"ltiTool": None}


async def test_an_invitation_is_kept_as_a_digest_and_a_hundred_wait_at_most(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    invite = "mutation { inviteLtiPlatform { url expiresAt userErrors { field code } } }"
    made = (await owner.data(invite))["inviteLtiPlatform"]
    secret = made["url"].removeprefix("http://kakehashi.test/api/lti/register/")
    assert len(secret) == 43
    left = datetime.fromisoformat(made["expiresAt"]) - datetime.now(UTC)
    assert 6.99 < left.total_seconds() / 86_400 < 7.01
    assert secret.encode() not in await dump(own.database)
    async with own.database.writing() as transaction:
        row = dict((await transaction.execute(select(lti_invitations))).mappings().one())
        rows = [{**row, "id": 1000 + number, "digest": bytes([number])} for number in range(99)]
        await transaction.execute(insert(lti_invitations), rows)
    full = (await owner.data(invite))["inviteLtiPlatform"]
    assert full["userErrors"] == [{"field": ["organizationCode"], "code": "INVITATIONS_TOO_MANY"}]
    async with own.database.writing() as transaction:
        await transaction.execute(update(lti_invitations).values(used_at=NOW).where(lti_invitations.c.id == 1000))
    assert (await owner.data(invite))["inviteLtiPlatform"]["userErrors"] == []
