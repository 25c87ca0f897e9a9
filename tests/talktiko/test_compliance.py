"""Compliance documentation status: GET /api/institutions/{id}/compliance, and the same in the graph."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.japan import JAPAN
from tests.accounts.calling import ADMINISTRATOR, COACH, OWNER, STUDENT, SUNDAI_OWNER, Caller, by_auth0, by_token
from tests.conftest import Running
from tests.talktiko.asking import Case

KINDS = ["dpa", "privacy_policy", "security_certificate", "data_residency", "appi", "ferpa", "coppa", "gdpr"]
KEYS = ["kind", "status", "url", "valid_until"]
PARENT, UENO, SUNDAI, NOTHING = 2001, 2002, 1, 999_999
CHILD_OWNER, CHILD_CLERK, PARENT_CLERK = "auth0|demo-owner-child", "auth0|demo-clerk-child", "auth0|demo-clerk-parent"
PARENT_COACH = "auth0|demo-coach-parent"
SAVE = """mutation ($id: Int!, $kind: ComplianceKind!, $url: String, $until: Date) {
  saveComplianceDocument(organizationLegacyId: $id, kind: $kind, url: $url, validUntil: $until) {
    changed organization { code } userErrors { field code }
  }
}"""
REMOVE = """mutation ($id: Int!, $kind: ComplianceKind!) {
  removeComplianceDocument(organizationLegacyId: $id, kind: $kind) { changed organization { code } }
}"""
URL = "https://example.jp/dpa.pdf?lang=日本語"
ONE = (Case("id", {"id": UENO}),)
OUT_OF_REACH = {"message": "There is no such thing within your reach."}


def address(id_: int | str) -> str:
    """The door of one institution."""
    return f"/api/institutions/{id_}/compliance"


async def save(caller: Caller, kind: str, url: str | None, until: str | None = None, id_: int = PARENT) -> Any:  # noqa: ANN401  # JSON has no types
    """Keep a document."""
    given = {"id": id_, "kind": kind, "url": url, "until": until}
    return (await caller.data(SAVE, given))["saveComplianceDocument"]


async def shown(caller: Caller, id_: int = PARENT) -> dict[str, tuple[object, ...]]:
    """The documents of an institution, by kind."""
    rows = (await caller.get(address(id_))).json()["data"]
    assert [row["kind"] for row in rows] == KINDS
    assert [list(row) for row in rows] == [KEYS] * len(KINDS)
    return {row["kind"]: (row["status"], row["url"], row["valid_until"]) for row in rows}


async def test_what_is_kept_is_shown_with_how_it_stands_today(own: Running) -> None:
    operator, owner = await by_auth0(own, ADMINISTRATOR), await by_auth0(own, OWNER)
    assert set((await shown(owner)).values()) == {("missing", None, None)}
    today = datetime.now(UTC).astimezone(JAPAN).date()
    days = {"DPA": None, "PRIVACY_POLICY": 400, "FERPA": 31, "COPPA": 30, "GDPR": 0, "APPI": -1}
    dates = {kind: None if n is None else (today + timedelta(days=n)).isoformat() for kind, n in days.items()}
    for kind, until in dates.items():
        came = await save(operator, kind, URL, until)
        assert came == {"changed": True, "organization": {"code": "kakehashi"}, "userErrors": []}
    await save(operator, "DATA_RESIDENCY", None)
    found = await shown(owner)
    assert found == {
        "dpa": ("valid", URL, None),
        "privacy_policy": ("valid", URL, dates["PRIVACY_POLICY"]),
        "security_certificate": ("missing", None, None),
        "data_residency": ("pending", None, None),
        "appi": ("expired", URL, dates["APPI"]),
        "ferpa": ("valid", URL, dates["FERPA"]),
        "coppa": ("expires_soon", URL, dates["COPPA"]),
        "gdpr": ("expires_soon", URL, dates["GDPR"]),
    }
    # In the graph by names, and of the organization alone of which it is.
    graph = "{ organizations(first: 9) { nodes { code compliance { kind status url validUntil } } } }"
    rows = {one["code"]: one["compliance"] for one in (await owner.data(graph))["organizations"]["nodes"]}
    names = [(row["kind"].lower(), row["status"].lower(), row["url"], row["validUntil"]) for row in rows["kakehashi"]]
    assert names == [(kind, *found[kind]) for kind in KINDS]
    assert {row["status"] for row in rows["kakehashi-ueno"]} == {"MISSING"}


@pytest.mark.parametrize("case", ONE, ids=str)
async def test_the_number_names_the_institution(own: Running, case: Case) -> None:
    operator = await by_auth0(own, ADMINISTRATOR)
    assert (await save(operator, "DPA", URL, id_=int(str(case.given["id"]))))["changed"]
    assert (await shown(operator, int(str(case.given["id"]))))["dpa"] == ("valid", URL, None)
    assert (await shown(operator, PARENT))["dpa"] == ("missing", None, None)


async def test_a_document_takes_the_place_of_the_one_before_and_is_removed(own: Running) -> None:
    operator = await by_auth0(own, ADMINISTRATOR)
    for url in (URL, "https://example.jp/new.pdf", None):
        assert (await save(operator, "DPA", url))["changed"]
        assert (await shown(operator))["dpa"] == ("pending" if url is None else "valid", url, None)
    for code, changed in (({"code": "kakehashi"}, True), (None, False)):
        came = (await operator.data(REMOVE, {"id": PARENT, "kind": "DPA"}))["removeComplianceDocument"]
        assert came == {"changed": changed, "organization": code}
    assert (await shown(operator))["dpa"] == ("missing", None, None)


async def test_what_is_wrong_is_named_and_nothing_is_changed(own: Running) -> None:
    operator = await by_auth0(own, ADMINISTRATOR)
    await save(operator, "DPA", URL)
    for url, until, id_, field, code in (
        ("http://example.jp/", None, PARENT, "url", "URL_REFUSED"),
        ("ftp://example.jp/", None, PARENT, "url", "URL_REFUSED"),
        ("javascript:alert(1)", None, PARENT, "url", "URL_REFUSED"),
        ("https://us:pass@example.jp/", None, PARENT, "url", "URL_REFUSED"),
        ("https://example.jp/" + "a" * 2048, None, PARENT, "url", "URL_REFUSED"),
        ("", None, PARENT, "url", "URL_REFUSED"),
        (None, "2027-01-01", PARENT, "validUntil", "URL_MISSING"),
        ("https://example.jp/", None, NOTHING, "organizationLegacyId", "ORGANIZATION_UNKNOWN"),
    ):
        came = await save(operator, "DPA", url, until, id_)
        errors = [{"field": [field], "code": code}]
        assert came == {"changed": False, "organization": None, "userErrors": errors}, url
    assert (await shown(operator))["dpa"] == ("valid", URL, None)


async def test_who_sees_the_documents_of_which_institution(shared: Running) -> None:
    seen = {
        STUDENT: {PARENT: 403, UENO: 403, SUNDAI: 403},
        COACH: {PARENT: 403, UENO: 403, SUNDAI: 403},
        PARENT_COACH: {PARENT: 403, UENO: 403, SUNDAI: 403},
        CHILD_OWNER: {PARENT: 404, UENO: 200, SUNDAI: 404},
        OWNER: {PARENT: 200, UENO: 200, SUNDAI: 404},
        CHILD_CLERK: {PARENT: 404, SUNDAI: 404},
        PARENT_CLERK: {PARENT: 200, UENO: 200, SUNDAI: 404},
        SUNDAI_OWNER: {PARENT: 404, UENO: 404, SUNDAI: 200},
        ADMINISTRATOR: {PARENT: 200, UENO: 200, SUNDAI: 200, NOTHING: 404},
    }
    for uid, statuses in seen.items():
        caller = await by_auth0(shared, uid)
        for id_, status in statuses.items():
            answer = await caller.get(address(id_))
            assert answer.status_code == status, (uid, id_, answer.text)
            if status == 404:
                assert answer.json() == OUT_OF_REACH
            one = (await caller.graph(f"{{ organization(legacyId: {id_}) {{ compliance {{ status }} }} }}")).json()
            if status == 403:
                assert one["errors"][0]["extensions"]["code"] == "FORBIDDEN"
            else:
                organization = one["data"]["organization"]
                assert organization is None if status == 404 else len(organization["compliance"]) == len(KINDS)
    nobody = await shared.client.get(address(PARENT))
    assert (nobody.status_code, nobody.json()) == (401, {"message": "Unauthenticated."})


async def test_a_token_needs_the_ability_and_a_number_is_one(shared: Running) -> None:
    for abilities, status in ((["institutions:read"], 200), (["members:read", "audit:read"], 403)):
        caller = await by_token(shared, OWNER, abilities)
        assert (await caller.get(address(PARENT))).status_code == status
    owner = await by_auth0(shared, OWNER)
    assert [(await owner.get(address(text))).status_code for text in ("kakehashi", "0", "-1")] == [404, 404, 404]


async def test_system_operators_alone_keep_documents(own: Running) -> None:
    for uid in (STUDENT, COACH, CHILD_OWNER, OWNER, PARENT_CLERK):
        caller = await by_auth0(own, uid)
        for document in (SAVE, REMOVE):
            answer = (await caller.graph(document, {"id": PARENT, "kind": "DPA"})).json()
            assert answer["errors"][0]["extensions"]["reason"] == "operation_not_allowed", uid
    reader = await by_token(own, ADMINISTRATOR, ["institutions:read"])
    answer = (await reader.graph(SAVE, {"id": PARENT, "kind": "DPA"})).json()
    assert answer["errors"][0]["extensions"]["reason"] == "ability_missing"
    demo = Caller(own.client, {"Authorization": f"Bearer {own.signed(ADMINISTRATOR, ['administrator'], demo=True)}"})
    answer = (await demo.graph(SAVE, {"id": PARENT, "kind": "DPA"})).json()
    assert answer["errors"][0]["extensions"]["reason"] == "demo_token"
    assert (await shown(await by_auth0(own, OWNER)))["dpa"] == ("missing", None, None)
