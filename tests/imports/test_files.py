"""What can be sent, how, how much, and by whom: what is refused leaves nothing behind."""

import pytest

from db.imports.tables import import_errors, import_rows, imports
from tests.accounts.calling import by_token, count
from tests.imports.importing import KAKEHASHI, SUNDAI, UENO, Importing, bulk, listed

SMALL = listed("external_id,last_name,first_name", "S-1,山田,太郎")
PLAN = """mutation ($of: Int!, $csv: String!) { planImport(organizationLegacyId: $of, csv: $csv) {
  memberImport { legacyId status mode dryRun source totalRows columns } userErrors { field code message } } }"""
DEMO = "auth0|demo-demo"
# Column by column of the matrix: who imports members of a parent, of its child, and of another's.
ROLES = {
    "auth0|demo-student": (403, 403, 403),
    "auth0|demo-coach-child": (403, 403, 403),
    "auth0|demo-coach-parent": (403, 403, 403),
    "auth0|demo-owner-child": (404, 202, 404),
    "auth0|demo-owner-parent": (202, 202, 404),
    "auth0|demo-clerk-child": (404, 202, 404),
    "auth0|demo-clerk-parent": (202, 202, 404),
    "auth0|demo-administrator": (202, 202, 202),
    DEMO: (403, 403, 403),
}


async def test_every_role_over_rest_and_in_the_graph(idle: Importing) -> None:
    for uid, expected in ROLES.items():
        who = await idle.by(uid)
        for organization, status in zip((KAKEHASHI, UENO, SUNDAI), expected, strict=True):
            before = await idle.count()
            sent = await who.send(SMALL, organization=organization)
            assert sent.status_code == status, (uid, organization, sent.text)
            planned = (await who.caller.graph(PLAN, {"of": organization, "csv": SMALL.decode()})).json()
            assert ("errors" not in planned) == (status == 202), (uid, organization, planned)
            assert await idle.count() == before + 2 * (status == 202)
            if status == 202:
                number = sent.json()["data"]["id"]
                for other, theirs in ROLES.items():
                    place = (KAKEHASHI, UENO, SUNDAI).index(organization)
                    seen = await (await idle.by(other)).caller.get(f"{bulk(organization)}/{number}")
                    # A demo token may look, and there is nothing.
                    shown = 404 if other == DEMO else {202: 200}.get(theirs[place], theirs[place])
                    assert seen.status_code == shown, (other, organization)
                for legacy in (number, planned["data"]["planImport"]["memberImport"]["legacyId"]):
                    gone = await who.caller.delete(f"{bulk(organization)}/{legacy}")
                    assert gone.status_code == 204, (uid, gone.text)


async def test_the_graph_plans_a_text(idle: Importing) -> None:
    found = (await idle.caller.data(PLAN, {"of": UENO, "csv": SMALL.decode()}))["planImport"]
    number = found["memberImport"].pop("legacyId")
    assert found == {
        "memberImport": {
            "status": "PENDING",
            "mode": "UPSERT",
            "dryRun": True,
            "source": "CSV",
            "totalRows": 1,
            "columns": ["external_id", "last_name", "first_name"],
        },
        "userErrors": [],
    }
    cancel = "mutation ($n: Int!) { cancelImport(legacyId: $n) { memberImport { status } userErrors { code } } }"
    assert (await idle.caller.data(cancel, {"n": number}))["cancelImport"]["memberImport"] == {"status": "CANCELED"}
    again = (await idle.caller.data(cancel, {"n": number}))["cancelImport"]
    assert again == {"memberImport": None, "userErrors": [{"code": "IMPORT_ENDED"}]}


async def test_a_form_is_read_like_a_body(idle: Importing) -> None:
    client, to = idle.caller.client, idle.caller.to
    files = {"file": ("名簿.csv", SMALL, "text/csv; charset=utf-8")}
    key = {**to, "Idempotency-Key": "once"}
    data = {"mode": "mirror", "dry_run": "true"}
    first = await client.post(bulk(), data=data, files=files, headers=key)
    assert (first.status_code, first.json()["data"]["mode"], first.json()["data"]["dry_run"]) == (202, "mirror", True)
    # The boundary of a form is another one each time, and what is sent is the same.
    again = await client.post(bulk(), data=data, files=files, headers=key)
    assert (again.status_code, again.json(), again.headers["idempotent-replayed"]) == (202, first.json(), "true")
    other = await client.post(bulk(), data={"mode": "upsert"}, files=files, headers=key)
    assert (other.status_code, other.json()["message"]) == (
        422,
        "This Idempotency-Key was used for another request.",
    )
    binary = {"file": ("a.csv", "external_id,姓,名\r\nS-1,髙,ソ\r\n".encode("cp932"), "text/csv")}
    answer = await client.post(bulk(), files=binary, headers=to)
    assert (answer.status_code, answer.json()["data"]["encoding"]) == (202, "cp932")
    assert await idle.count() == 2
    for wrong, status in (({"other": ("a", b"x")}, 422), ({"file": ("a", b"")}, 422)):
        assert (await client.post(bulk(), files=wrong, headers=to)).status_code == status
    broken = {**to, "Content-Type": "multipart/form-data; boundary=x"}
    assert (await client.post(bulk(), content=b"--x\r\nbroken", headers=broken)).status_code == 400
    plain = {**to, "Content-Type": "text/plain"}
    assert (await client.post(bulk(), content=SMALL, headers=plain)).status_code == 415
    assert await idle.count() == 2


async def test_what_is_refused_is_told_by_line_and_byte_and_kept_nowhere(idle: Importing) -> None:
    cases = {
        b"external_id,\x90\xa9\x82\r\n": "Line 1, byte 15 is not Shift_JIS.",
        b"\xef\xbb\xbfexternal_id\r\nab\x82\r\n": "Line 2, byte 3 is not UTF-8.",
        b"external_id,\xe5\xa7\x93,wrong\r\n": "Column 3 has a heading that is not known.",
        b"last_name,first_name\r\na,b\r\n": "People are known by one of external_id, uid, email, code: none",
        b"external_id,\xe5\xa4\x96\xe9\x83\xa8ID\r\n": "The column external_id is there twice.",
        b"": "The first line must name the columns.",
    }
    for content, told in cases.items():
        answer = await idle.send(content)
        assert (answer.status_code, answer.json()["message"].startswith(told)) == (422, True), answer.text
    assert [await count(idle.running.database, table) for table in (imports, import_rows, import_errors)] == [0, 0, 0]


async def test_ten_thousand_rows_and_not_one_more(idle: Importing) -> None:
    rows = [f"S-{n},a,b" for n in range(10_001)]
    heading = "external_id,last_name,first_name"
    many = await idle.send(listed(heading, *rows))
    assert (many.status_code, many.json()) == (
        422,
        {
            "message": "There are more than 10000 people. Send them in several files.",
            "errors": {"file": ["There are more than 10000 people. Send them in several files."]},
        },
    )
    assert [await count(idle.running.database, table) for table in (imports, import_rows)] == [0, 0]
    whole = await idle.send(listed(heading, *rows[:10_000]))
    assert (whole.status_code, whole.json()["data"]["total_rows"]) == (202, 10_000)
    large = await idle.send(b"x" * (10 * 1024 * 1024 + 1))
    assert large.status_code == 413


@pytest.mark.parametrize("ability", ["members:read", "courses:read"])
async def test_a_token_needs_the_ability(idle: Importing, ability: str) -> None:
    caller = await by_token(idle.running, "auth0|demo-owner-parent", [ability])
    sent = await Importing(idle.running, caller).send(SMALL)
    assert (sent.status_code, sent.json()) == (403, {"message": "Invalid ability provided."})
    assert await idle.count() == 0
