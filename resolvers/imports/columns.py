"""The columns of a list of members: what each is called, in English and in Japanese, and how its cells are read."""

from dataclasses import dataclass

from resolvers.imports import cells
from resolvers.imports.cells import Read
from resolvers.imports.reading import spelled


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its other spellings, how a cell is read, and of whom it can be."""

    name: str
    spellings: tuple[str, ...]
    read: Read
    students_only: bool = False
    # Whether an empty cell says something: that there is none.
    empty_says: bool = False


COLUMNS = (
    Column("role", ("権限", "ロール", "役割"), cells.role),
    Column("external_id", ("外部ID", "外部コード"), cells.words),
    Column("uid", ("ユーザーID", "ユーザID"), cells.words),
    Column("email", ("メールアドレス", "メール"), cells.email),
    Column("code", ("生徒コード", "スタッフコード", "コード"), cells.words),
    Column("last_name", ("姓",), cells.words),
    Column("first_name", ("名",), cells.words),
    Column("last_name_kana", ("セイ", "姓カナ", "姓（カナ）"), cells.words),
    Column("first_name_kana", ("メイ", "名カナ", "名（カナ）"), cells.words),
    Column("section_codes", ("section_code", "所属コード", "所属"), cells.codes, empty_says=True),
    Column(
        "group_codes", ("group_code", "グループコード", "グループ"), cells.codes, students_only=True, empty_says=True
    ),
    Column("school_code", ("学校コード",), cells.words, students_only=True),
    Column("school_grade", ("学年",), cells.words, students_only=True),
    Column("date_of_birth", ("生年月日",), cells.day, students_only=True),
    Column("start_at", ("開始日", "利用開始日", "有効期間開始"), cells.start),
    Column("end_at", ("終了日", "利用終了日", "有効期間終了"), cells.end),
    Column("locked", ("ロック",), cells.flag),
)
BY_NAME = {column.name: column for column in COLUMNS}
# By which a person is known, the first of these that a row has being what the person is called there.
KNOWN_BY = ("external_id", "uid", "email", "code")
SPELLINGS = {spelled(spelling): column.name for column in COLUMNS for spelling in (column.name, *column.spellings)}
