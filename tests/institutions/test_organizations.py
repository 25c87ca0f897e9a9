"""Organizations made and changed: by whom, below whom, with which plan, domains and looks; and with which mistakes."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from db.institutions import organization_brandings, organization_domains
from db.organizations import organizations
from resolvers.institutions.wanted import MOST_DOMAINS, domain_of
from tests.accounts.calling import Caller, by_auth0, by_token
from tests.progress.asking import ADMINISTRATOR, OWNER_PARENT, Graph, rows

OWNER_CHILD, CLERK_PARENT, COACH_PARENT = "auth0|demo-owner-child", "auth0|demo-clerk-parent", "auth0|demo-coach-parent"
STUDENT, DEMO_OWNER, SUNDAI_OWNER = "auth0|demo-student", "auth0|demo-demo", "auth0|demo-sundai-owner"
PARENT, UENO, SUNDAI = 2001, 2002, 1
SHOWN = """organization {
  legacyId code name abbreviation planCode parent { code } domains { domain }
  branding { displayName logoUrl primaryColor supportEmail }
} userErrors { field code }"""
CREATE = f"""mutation ($code: String!, $name: String!, $abbreviation: String, $parent: Int, $plan: Plan,
  $domains: [String!], $branding: BrandingInput) {{
  createOrganization(code: $code, name: $name, abbreviation: $abbreviation, parentLegacyId: $parent, plan: $plan,
    domains: $domains, branding: $branding) {{ {SHOWN} }}
}}"""
UPDATE = f"""mutation ($id: Int!, $name: String, $abbreviation: String, $domains: [String!],
  $branding: BrandingInput) {{
  updateOrganization(legacyId: $id, name: $name, abbreviation: $abbreviation, domains: $domains, branding: $branding) {{
    {SHOWN}
  }}
}}"""
SAVE_SSO = """mutation ($id: Int!, $settings: SsoSettings) {
  saveSso(organizationLegacyId: $id, protocol: SAML, settings: $settings) { userErrors { field code } }
}"""
LOOK = {"displayName": "学び舎", "logoUrl": "https://cdn.example/logo.svg", "primaryColor": "#0055AA"}
TABLES = (organizations, organization_domains, organization_brandings)


async def made(graph: Graph, given: Mapping[str, object], by: str = OWNER_PARENT) -> Any:  # noqa: ANN401  # JSON has no types
    """What came of making an organization."""
    new = {"code": "new", "name": "新校", **given}
    return (await graph.data(CREATE, new, uid=by))["createOrganization"]


async def changed(graph: Graph, number: int, by: str = OWNER_PARENT, **given: object) -> Any:  # noqa: ANN401  # JSON has no types
    """What came of changing an organization."""
    return (await graph.data(UPDATE, {"id": number, **given}, uid=by))["updateOrganization"]


def mistakes(answer: Any) -> list[tuple[str, str]]:  # noqa: ANN401  # JSON has no types
    """Where something is to be mended, and its code."""
    return [(".".join(mistake["field"]), mistake["code"]) for mistake in answer["userErrors"]]


async def everything(graph: Graph) -> list[object]:
    """What is kept of organizations."""
    return [await rows(graph.database, table) for table in TABLES]


async def test_an_owner_makes_a_child_and_reaches_it_at_once(graph: Graph) -> None:
    given = {"parent": PARENT, "domains": ["New.Example"], "branding": {**LOOK, "supportEmail": "help@new.example"}}
    found = await made(graph, given)
    assert mistakes(found) == []
    organization = found["organization"]
    number = organization.pop("legacyId")
    assert organization == {
        "code": "new",
        "name": "新校",
        "abbreviation": "新校",
        "planCode": None,
        "parent": {"code": "kakehashi"},
        "domains": [{"domain": "new.example"}],
        "branding": {**LOOK, "primaryColor": "#0055aa", "supportEmail": "help@new.example"},
    }
    document = "query ($id: Int!) { organization(legacyId: $id) { code members { totalCount } } }"
    expected = {"organization": {"code": "new", "members": {"totalCount": 0}}}
    assert await graph.data(document, {"id": number}, uid=OWNER_PARENT) == expected
    assert await graph.data(document, {"id": number}, uid=SUNDAI_OWNER) == {"organization": None}
    search = "query ($keyword: String) { organizations(keyword: $keyword) { nodes { code } } }"
    assert await graph.data(search, {"keyword": "新校"}, uid=OWNER_PARENT) == {
        "organizations": {"nodes": [{"code": "new"}]}
    }


async def test_an_operator_makes_parents_and_chooses_plans(graph: Graph) -> None:
    found = (await made(graph, {"plan": "PRO", "abbreviation": "新"}, ADMINISTRATOR))["organization"]
    assert (found["planCode"], found["parent"], found["abbreviation"]) == ("pro", None, "新")
    below = await made(graph, {"code": "below", "parent": found["legacyId"]}, ADMINISTRATOR)
    assert (below["organization"]["planCode"], below["organization"]["parent"]) == (None, {"code": "new"})
    third = await made(graph, {"code": "third", "parent": below["organization"]["legacyId"]}, ADMINISTRATOR)
    assert mistakes(third) == [("parentLegacyId", "PARENT_IS_CHILD")]


WRONG: tuple[tuple[dict[str, object], str, str], ...] = (
    ({"parent": None}, "parentLegacyId", "PARENT_NEEDED"),
    ({"parent": SUNDAI}, "parentLegacyId", "PARENT_UNKNOWN"),
    ({"parent": 999_999}, "parentLegacyId", "PARENT_UNKNOWN"),
    ({"parent": UENO}, "parentLegacyId", "PARENT_IS_CHILD"),
    ({"plan": "PRO"}, "plan", "PLAN_REFUSED"),
    ({"code": ""}, "code", "CODE_FORM"),
    ({"code": "a b"}, "code", "CODE_FORM"),
    ({"code": "校"}, "code", "CODE_FORM"),
    ({"code": "x" * 65}, "code", "CODE_FORM"),
    ({"code": "sundai"}, "code", "CODE_TAKEN"),
    ({"name": " "}, "name", "NAME_LENGTH"),
    ({"name": "x" * 256}, "name", "NAME_LENGTH"),
    ({"abbreviation": ""}, "abbreviation", "ABBREVIATION_LENGTH"),
    ({"domains": ["localhost"]}, "domains", "DOMAIN_FORM"),
    ({"domains": ["a@b.example"]}, "domains", "DOMAIN_FORM"),
    ({"domains": [f"d{number}.example" for number in range(MOST_DOMAINS + 1)]}, "domains", "DOMAINS_TOO_MANY"),
    ({"branding": {"logoUrl": "http://cdn.example/logo.png"}}, "branding.logoUrl", "LOGO_FORM"),
    ({"branding": {"logoUrl": "javascript:alert(1)"}}, "branding.logoUrl", "LOGO_FORM"),
    ({"branding": {"primaryColor": "red"}}, "branding.primaryColor", "COLOR_FORM"),
    ({"branding": {"primaryColor": "#12345"}}, "branding.primaryColor", "COLOR_FORM"),
    ({"branding": {"supportEmail": "help"}}, "branding.supportEmail", "EMAIL_FORM"),
    ({"branding": {"displayName": "x" * 256}}, "branding.displayName", "DISPLAY_NAME_LENGTH"),
)


async def test_what_is_wrong_is_told_and_nothing_is_made(graph: Graph) -> None:
    before = await everything(graph)
    for given, field, code in WRONG:
        found = await made(graph, {"parent": PARENT, **given})
        assert (found["organization"], mistakes(found)) == (None, [(field, code)]), given
    assert await everything(graph) == before


async def test_a_domain_is_of_one_organization(graph: Graph) -> None:
    assert mistakes(await changed(graph, UENO, domains=["a.example", "b.example"])) == []
    before = await everything(graph)
    # What is refused takes nothing from anybody, and leaves nothing behind.
    lost = await made(graph, {"parent": PARENT, "domains": ["c.example", "A.EXAMPLE"]})
    assert mistakes(lost) == [("domains", "DOMAIN_TAKEN")]
    assert mistakes(await changed(graph, SUNDAI, SUNDAI_OWNER, name="x", domains=["b.example"])) == [
        ("domains", "DOMAIN_TAKEN")
    ]
    assert await everything(graph) == before
    found = (await changed(graph, UENO, domains=["b.example"]))["organization"]
    assert found["domains"] == [{"domain": "b.example"}]
    assert mistakes(await changed(graph, SUNDAI, SUNDAI_OWNER, domains=["a.example"])) == []


async def test_domains_by_which_people_sign_in_are_the_organizations(graph: Graph) -> None:
    async def signing_in(organization: int, domains: list[str], by: str = OWNER_PARENT) -> list[tuple[str, str]]:
        given = {"id": organization, "settings": {"domains": domains}}
        return mistakes((await graph.data(SAVE_SSO, given, uid=by))["saveSso"])

    assert await signing_in(UENO, ["in.example"]) == []
    before = await everything(graph)
    assert mistakes(await changed(graph, UENO, domains=["other.example"])) == [("domains", "DOMAIN_IN_USE")]
    assert mistakes(await changed(graph, PARENT, domains=["in.example"])) == [("domains", "DOMAIN_TAKEN")]
    assert await signing_in(PARENT, ["in.example"]) == [("settings.domains", "DOMAIN_TAKEN")]
    assert await everything(graph) == before
    found = (await changed(graph, UENO, domains=["in.example", "other.example"]))["organization"]
    assert [one["domain"] for one in found["domains"]] == ["in.example", "other.example"]
    assert await signing_in(UENO, ["other.example"]) == []
    assert mistakes(await changed(graph, UENO, domains=["other.example"])) == []


async def test_what_is_not_given_stays_and_an_empty_text_takes_away(graph: Graph) -> None:
    await changed(graph, UENO, domains=["a.example"], branding=LOOK)
    named = (await changed(graph, UENO, name="上野本校"))["organization"]
    assert (named["name"], named["abbreviation"], named["domains"]) == ("上野本校", "上野校", [{"domain": "a.example"}])
    assert named["branding"]["displayName"] == "学び舎"
    look = (await changed(graph, UENO, domains=[], branding={"logoUrl": "", "supportEmail": "q@a.example"}))[
        "organization"
    ]
    assert look["domains"] == []
    assert look["branding"] == {
        "displayName": "学び舎",
        "logoUrl": None,
        "primaryColor": "#0055aa",
        "supportEmail": "q@a.example",
    }
    (row,) = [row for row in await rows(graph.database, organizations) if row["id"] == UENO]
    search = "query ($keyword: String) { organizations(keyword: $keyword) { nodes { legacyId } } }"
    assert (await graph.data(search, {"keyword": "本校"}, uid=OWNER_PARENT))["organizations"]["nodes"] == [
        {"legacyId": UENO}
    ]
    await changed(graph, UENO, name="上野本校")
    assert [one for one in await rows(graph.database, organizations) if one["id"] == UENO] == [row]


@pytest.mark.parametrize("uid", [STUDENT, COACH_PARENT, CLERK_PARENT, OWNER_CHILD, DEMO_OWNER])
async def test_nobody_else_makes_or_changes_any(graph: Graph, uid: str) -> None:
    before = await everything(graph)
    reason = "demo_token" if uid == DEMO_OWNER else "operation_not_allowed"
    assert await graph.refusal(CREATE, {"code": "x", "name": "x", "parent": PARENT}, uid=uid) == ("FORBIDDEN", reason)
    assert await graph.refusal(UPDATE, {"id": UENO, "name": "x"}, uid=uid) == ("FORBIDDEN", reason)
    assert await everything(graph) == before


async def test_an_organization_out_of_reach_is_not_changed(graph: Graph) -> None:
    before = await everything(graph)
    for number in (SUNDAI, 999_999):
        found = await changed(graph, number, name="ours", domains=["ours.example"])
        assert (found["organization"], mistakes(found)) == (None, [])
    assert await everything(graph) == before


async def test_the_same_request_sent_twice_makes_one(graph: Graph) -> None:
    caller: Caller = await by_auth0(graph.running, OWNER_PARENT)
    body = {"name": "新校", "code": "twice", "parent_id": PARENT}
    first = await caller.post("/api/institutions", body, **{"Idempotency-Key": "one"})
    again = await caller.post("/api/institutions", body, **{"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    other = await caller.post("/api/institutions", {**body, "code": "x"}, **{"Idempotency-Key": "one"})
    assert other.status_code == 422
    taken = await caller.post("/api/institutions", body)
    assert taken.json()["errors"] == {"code": ["There is an organization with this code."]}
    unknown = await caller.post("/api/institutions", {**body, "code": "x", "parent_id": SUNDAI})
    assert list(unknown.json()["errors"]) == ["parent_id"]
    kept = select(organizations.c.code).where(organizations.c.code.in_(["twice", "x"]))
    async with graph.database.writing() as transaction:
        assert (await transaction.execute(kept)).scalars().all() == ["twice"]


async def test_a_token_needs_the_ability(graph: Graph) -> None:
    caller = await by_token(graph.running, OWNER_PARENT, ["institutions:read"])
    answer = await caller.graph(UPDATE, {"id": UENO, "name": "x"})
    assert answer.json()["errors"][0]["extensions"]["reason"] == "ability_missing"


async def test_a_new_organization_is_told_of_in_the_log_of_rosters(graph: Graph) -> None:
    start = "{ rosterDiff(types: [ORGANIZATION]) { nextCursor } }"
    cursor = (await graph.data(start, uid=ADMINISTRATOR))["rosterDiff"]["nextCursor"]
    number = (await made(graph, {"parent": PARENT}))["organization"]["legacyId"]
    document = """query ($after: String) {
      rosterDiff(after: $after, types: [ORGANIZATION]) { changes { kind node { ... on Organization { legacyId } } } }
    }"""
    found = await graph.data(document, {"after": cursor}, uid=ADMINISTRATOR)
    assert found["rosterDiff"]["changes"] == [{"kind": "CREATED", "node": {"legacyId": number}}]


@pytest.mark.parametrize(
    ("given", "domain"),
    [
        ("Example.AC.jp", "example.ac.jp"),
        (" example.jp. ", "example.jp"),
        ("学校.jp", "xn--48s290a.jp"),
        ("xn--48s290a.jp", "xn--48s290a.jp"),
        ("a-b.example", "a-b.example"),
        ("example", None),
        ("", None),
        (".jp", None),
        ("a..jp", None),
        ("-a.jp", None),
        ("a_b.jp", None),
        ("192.0.2.1", None),
        ("[::1]", None),
        ("a.jp:25", None),
        ("user@a.jp", None),
        ("https://a.jp", None),
        ("*.a.jp", None),
        (f"{'a' * 64}.jp", None),
        (".".join(["a" * 60] * 5), None),
    ],
)
def test_a_domain_is_kept_in_one_spelling(given: str, domain: str | None) -> None:
    assert domain_of(given) == domain
