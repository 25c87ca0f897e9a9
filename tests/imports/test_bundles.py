"""Bundles of OneRoster: people, kana, classes and their members; whole ones, and those of changes."""

from sqlalchemy import select

from db.accounts import staff_sections
from db.organizations import sections
from db.students import student_sections
from tests.imports.bundles import DELTA, USERS_11, V11, V12, bundle
from tests.imports.importing import Importing, zipped


async def places(importing: Importing) -> list[tuple[str, str, str]]:
    """Who of the bundle's people is in which of its classes: students, then staff."""
    students = await importing.students(source="oneroster")
    names = {row.id: ref for ref, row in students.items()}
    names |= {row.staff_id: row.source_ref for row in await importing.roles(source="oneroster")}
    found: list[tuple[str, str, str]] = []
    async with importing.running.database.engine.connect() as connection:
        for table, person in ((student_sections, "student_id"), (staff_sections, "staff_id")):
            rows = select(table.c[person], sections.c.code, sections.c.name).join_from(table, sections)
            wanted = rows.where(table.c[person].in_(list(names))).order_by(sections.c.code)
            found += [(names[id_], code, name) for id_, code, name in await connection.execute(wanted)]
    return found


async def test_a_bundle_of_1_1_as_it_is_then_mirrored_then_changed(importer: Importing) -> None:
    done = await importer.done(bundle(V11))
    assert (done["status"], done["source"], done["created"], done["skipped"]) == ("completed", "oneroster", 3, 1)
    assert [(one["file"], one["line"], one["column"], one["code"]) for one in done["errors"]] == [
        ("enrollments.csv", 5, "classSourcedId", "CLASS_UNKNOWN"),
        ("enrollments.csv", 6, "role", "ROLE_DIFFERS"),
    ]
    students = await importer.students(source="oneroster")
    told = [(one.last_name, one.last_name_kana, one.first_name_kana, one.code, one.email) for one in students.values()]
    assert told == [
        ("山田", "ヤマダ", "タロウ", "user01", "u1@school.example"),
        ("佐藤", "サトウ", "ジロウ", "user03", None),
    ]
    assert [one.locked_at is None for one in students.values()] == [True, False]
    (coach,) = await importer.roles(source="oneroster")
    assert (coach.role, coach.last_name, coach.code) == ("homeroom_teacher", "鈴木", "T9")
    expected = [("u1", "c1", "情報処理入門"), ("u1", "c2", "数学"), ("u2", "c1", "情報処理入門")]
    assert await places(importer) == expected
    again = await importer.done(bundle(V11, "folder/"), mode="mirror")
    assert (again["status"], again["unchanged"], again["deactivated"]) == ("completed", 3, 0)
    assert await places(importer) == expected
    changed = await importer.done(bundle(DELTA))
    assert (changed["status"], changed["updated"], changed["deactivated"]) == ("blocked", 1, 1), changed
    path = f"/api/institutions/2002/members/bulk/{changed['id']}/apply"
    assert (await importer.caller.post(path, {"confirmed": True})).status_code == 202
    await importer.ended(changed["id"], status=("completed",))
    assert await places(importer) == [("u1", "c2", "数学"), ("u2", "c1", "情報処理入門")]
    students = await importer.students(source="oneroster")
    assert (students["u1"].last_name, students["u1"].last_name_kana) == ("山本", "ヤマダ")
    assert students["u3"].end_at.year < 2999


async def test_a_bundle_of_1_2_has_its_roles_elsewhere(importer: Importing) -> None:
    done = await importer.done(bundle(V12))
    assert (done["status"], done["created"], done["failed"]) == ("completed", 2, 1)
    (clerk,) = await importer.roles(source="oneroster")
    assert (clerk.role, clerk.last_name, clerk.start_at.year, clerk.end_at.year) == (
        *("cram_school_clerk", "鈴木"),
        *(2026, 2999),
    )
    (student,) = (await importer.students(source="oneroster")).values()
    assert (student.last_name_kana, student.first_name_kana) == ("ヤマダ", "タロウ")
    assert ("users.csv", 4, "role", "ROLE_REFUSED") in [
        (one["file"], one["line"], one["column"], one["code"]) for one in done["errors"]
    ]


async def test_what_is_no_bundle_is_refused_as_a_whole(idle: Importing) -> None:
    wrong = {
        "The bundle has no manifest.csv.": {name: text for name, text in V11.items() if name != "manifest.csv"},
        "users.csv: The manifest names it": {name: text for name, text in V11.items() if name != "users.csv"},
        "manifest.csv: OneRoster 1.1 and 1.2": {**V11, "manifest.csv": V11["manifest.csv"].replace("1.1", "2.0")},
        "users.csv: The column familyName": {**V11, "users.csv": USERS_11.replace("familyName", "other")},
        "The bundle has no users.csv.": {
            **V11,
            "manifest.csv": V11["manifest.csv"].replace('users","bulk', 'users","absent'),
        },
    }
    for told, files in wrong.items():
        answer = await idle.send(zipped(files))
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["file"]), answer.text
        assert answer.json()["message"].startswith(told), answer.text
    broken = await idle.send(bundle(V11)[:200])
    assert (broken.status_code, broken.json()["message"]) == (422, "This is no zip file that can be read.")
    mirrored = await idle.send(bundle(DELTA), mode="mirror")
    assert (mirrored.status_code, list(mirrored.json()["errors"])) == (422, ["mode"])
    assert (await idle.send(zipped({**V11, "classes.csv": "x" * (65 * 1024 * 1024)}))).status_code == 422
    assert await idle.count() == 0
