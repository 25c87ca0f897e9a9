"""Lists of members: planned, applied, applied again, and what is wrong told by line and column."""

from tests.imports.importing import Importing, listed

HEAD = "role,external_id,email,last_name,first_name,last_name_kana,first_name_kana,section_codes,school_grade"
FILE = listed(
    HEAD,
    "student,S-1,S1@school.example,山田,太郎,ヤマダ,タロウ,,高1",
    "student,S-2,,鈴木,花子,スズキ,ハナコ,,中3",
    "coach,T-1,t1@school.example,佐藤,次郎,サトウ,ジロウ,,",
)


async def test_a_list_is_applied_once_and_changes_nothing_the_second_time(importer: Importing) -> None:
    done = await importer.done(FILE)
    assert (done["status"], done["created"], done["failed"], done["errors"]) == ("completed", 3, 0, []), done
    found = await importer.students()
    assert [(row.last_name, row.first_name_kana, row.email) for row in found.values()] == [
        ("山田", "タロウ", "s1@school.example"),
        ("鈴木", "ハナコ", None),
    ]
    (coach,) = await importer.roles()
    assert (coach.role, coach.last_name, coach.source_ref) == ("homeroom_teacher", "佐藤", "T-1")
    again = await importer.done(FILE)
    assert (again["status"], again["created"], again["unchanged"]) == ("completed", 0, 3)
    assert list(await importer.students()) == ["S-1", "S-2"]
