"""Bulk imports: each parameter of their doors is heeded, for whoever may."""

from tests.talktiko.asking import OWNER, Api, Case
from tests.talktiko.importing import BULK_OF_OWNER, EMPTY, PLANNED

STARTING = (
    Case("id", {"id": 2001}),
    Case("mode", {"mode": "mirror"}, "mirror"),
    Case("mode", {"mode": "upsert"}, "upsert"),
    Case("dry_run", {"dry_run": True}, True),
    Case("dry_run", {"dry_run": False}, False),
    Case("csv", {"csv": "external_id,last_name,first_name\nS-1,a,b\n"}, 1),
)
ONE = (Case("id", {"id": 2001}), Case("import", {"import": PLANNED}))
ROWS = (*ONE, Case("action", {"action": "updated"}, ["S-1"]), Case("action", {"action": "failed"}, [None]))
APPLYING = (*ONE, Case("confirmed", {"confirmed": True}))
SHOWN = {"mode": "mode", "dry_run": "dry_run", "csv": "total_rows"}


async def test_what_is_said_of_an_import_is_heeded(own_api: Api) -> None:
    for case in STARTING:
        if case.parameter in SHOWN:
            body = {"csv": "external_id\nS-1\n", **case.given}
            answer = await own_api.ask("POST", BULK_OF_OWNER, json=body, uid=OWNER)
            assert answer.status_code == 202, answer.text
            assert answer.json()["data"][SHOWN[case.parameter]] == case.expected, case
            await own_api.ask("DELETE", f"{BULK_OF_OWNER}/{answer.json()['data']['id']}", uid=OWNER)


async def test_the_organization_and_the_import_in_a_path_belong_together(api: Api) -> None:
    good, elsewhere = f"{BULK_OF_OWNER}/{PLANNED}", f"/institutions/2002/members/bulk/{PLANNED}"
    found = [await api.ask("GET", f"{path}{below}", uid=OWNER) for path in (good, elsewhere) for below in ("", "/rows")]
    assert [answer.status_code for answer in found] == [200, 200, 404, 404]
    assert (await api.ask("POST", f"{elsewhere}/apply", json={}, uid=OWNER)).status_code == 404
    assert (await api.ask("DELETE", elsewhere, uid=OWNER)).status_code == 404
    blocked = await api.ask("POST", f"{BULK_OF_OWNER}/{EMPTY}/apply", json={}, uid=OWNER)
    assert (blocked.status_code, blocked.json()) == (
        409,
        {"message": "It cannot be applied: its status is canceled."},
    )
    again = await api.ask("DELETE", f"{BULK_OF_OWNER}/{EMPTY}", uid=OWNER)
    assert (again.status_code, again.json()) == (409, {"message": "It cannot be canceled: its status is canceled."})


async def test_rows_are_listed_by_what_is_done_with_them(api: Api) -> None:
    for case in ROWS:
        if case.parameter == "action":
            answer = await api.ask("GET", f"{BULK_OF_OWNER}/{PLANNED}/rows?action={case.given['action']}", uid=OWNER)
            assert [row["ref"] for row in answer.json()["data"]] == case.expected
