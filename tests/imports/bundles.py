"""Small bundles in the form of the standard (OneRoster 1.1 and 1.2, CSV binding)."""

from collections.abc import Mapping

from tests.imports.importing import zipped


def manifest(version: str, **states: str) -> str:
    """A manifest: which files are there, and whether they have everything."""
    rows = ['"propertyName","value"', '"manifest.version","1.0"', f'"oneroster.version","{version}"']
    return "\r\n".join([*rows, *[f'"file.{name}","{state}"' for name, state in states.items()]])


CLASSES = (
    '"sourcedId","status","dateLastModified","title","classCode"\r\n'
    '"c1","","","情報処理入門","C401"\r\n"c2","","","数学",""'
)
ENROLLMENTS = (
    '"sourcedId","status","dateLastModified","classSourcedId","schoolSourcedId","userSourcedId","role"\r\n'
    '"e1","","","c1","o1","u1","student"\r\n"e2","","","c1","o1","u2","teacher"\r\n"e3","","","c2","o1","u1","student"\r\n'
    '"e4","","","c9","o1","u1","student"\r\n"e5","","","c2","o1","u3","teacher"'
)
USERS_11 = (
    '"sourcedId","status","dateLastModified","enabledUser","orgSourcedIds","role","username","givenName","familyName",'
    '"identifier","email","grades","metadata.phoneticGivenName","metadata.phoneticFamilyName"\r\n'
    '"u1","","","true","o1","student","user01","太郎","山田","","U1@school.example","J3","タロウ","ヤマダ"\r\n'
    '"u2","","","true","o1","teacher","user02","花子","鈴木","T9","","","ハナコ","スズキ"\r\n'
    '"u3","","","false","o1","student","user03","次郎","佐藤","","","H1","ジロウ","サトウ"\r\n'
    '"u4","","","true","o1","guardian","user04","三郎","高橋","","","","",""'
)
USERS_12 = (
    '"sourcedId","status","dateLastModified","enabledUser","username","givenName","familyName","identifier","email",'
    '"grades","metadata.jp.kanaGivenName","metadata.jp.kanaFamilyName"\r\n'
    '"u1","active","2026-04-01T00:00:00.000Z","true","user01","太郎","山田","","u1@school.example","J3","タロウ","ヤマダ"\r\n'
    '"u2","active","2026-04-01T00:00:00.000Z","true","user02","花子","鈴木","","","","ハナコ","スズキ"\r\n'
    '"u5","active","2026-04-01T00:00:00.000Z","true","user05","五郎","森","","","","ゴロウ","モリ"'
)
ROLES_12 = (
    '"sourcedId","status","dateLastModified","userSourcedId","roleType","role","beginDate","endDate","orgSourcedId"\r\n'
    '"r1","active","2026-04-01T00:00:00.000Z","u1","primary","student","","","o1"\r\n'
    '"r2","active","2026-04-01T00:00:00.000Z","u2","secondary","teacher","","","o1"\r\n'
    '"r3","active","2026-04-01T00:00:00.000Z","u2","primary","principal","2026-04-01","2999-03-31","o1"'
)
BULK: Mapping[str, str] = dict.fromkeys(("classes", "enrollments", "users"), "bulk")
V11 = {
    "manifest.csv": manifest("1.1", **BULK),
    "classes.csv": CLASSES,
    "enrollments.csv": ENROLLMENTS,
    "users.csv": USERS_11,
}
V12 = {
    "manifest.csv": manifest("1.2", **BULK, roles="bulk"),
    "classes.csv": CLASSES,
    "enrollments.csv": ENROLLMENTS,
    "roles.csv": ROLES_12,
    "users.csv": USERS_12,
}
# Only what changed: one class is left, another entered, and one person is gone.
DELTA = {
    "manifest.csv": manifest("1.1", users="delta", enrollments="delta", classes="absent"),
    "enrollments.csv": (
        '"sourcedId","status","dateLastModified","classSourcedId","schoolSourcedId","userSourcedId","role"\r\n'
        '"e1","tobedeleted","2026-05-01T00:00:00.000Z","c1","o1","u1","student"'
    ),
    "users.csv": (
        '"sourcedId","status","dateLastModified","enabledUser","role","username","givenName","familyName"\r\n'
        '"u1","active","2026-05-01T00:00:00.000Z","true","student","user01","太郎","山本"\r\n'
        '"u3","tobedeleted","2026-05-01T00:00:00.000Z","true","student","user03","次郎","佐藤"'
    ),
}


def bundle(files: Mapping[str, str], folder: str = "") -> bytes:
    """A bundle as a file."""
    return zipped({f"{folder}{name}": text for name, text in files.items()})
