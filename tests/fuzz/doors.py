"""Every REST door of both dialects from its own table, with valid, nearly valid and hostile parameters."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from gateway.diverse.routes import DOORS as DIVERSE
from gateway.doors.door import Door
from gateway.doors.kinds import (
    Choice,
    Count,
    Day,
    Flag,
    Integer,
    Key,
    Kind,
    Listed,
    Members,
    Moment,
    Number,
    Object,
    Sort,
    Text,
)
from gateway.doors.parameters import Parameter
from gateway.talktiko.routes import DOORS as TALKTIKO
from tests.engine.rows import Rows
from tests.fuzz import oddities
from tests.talktiko.telling import DOCUMENT, REFUSED_URL, URL

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "QUERY", "CONNECT")
OTHER_PATHS = (
    *("/healthz", "/readyz", "/.well-known/jwks.json", "/graphiql/", "/graphiql", "/", "//", "/api"),
    *("/api/v1", "/api/v1/"),
    *("/graphql/", "//graphql", "/api//courses", "/api/v1//students", "/api/v1/students/", "/api/v1/students%2Fme"),
    *("/api/v1/documents/students", "/api/v1/documents/../students", "/api/documents/me", "/api/v1/documents/%00"),
    *(
        "/graphiql/../gateway/settings.py",
        "/graphiql/%2e%2e/%2e%2e/etc/passwd",
        "/graphiql/%00",
        "/graphiql/..%5c",
        "*",
    ),
    *("/api/courses/%00", "/api/courses/%ff%fe", "/api/courses/..", "/api/courses/%2F", "/api/courses/a;b", "/api/%zz"),
    *(
        "/api/public/courses/%ed%a0%80",
        "/api/courses/%25",
        "/api/courses/?",
        "/api/courses/#",
        "http://evil.example/graphql",
    ),
)
STRAY = (b"%", b"%zz=%", b"=", b"&&", b";", b"a&" * 2000, b"\xff=\xe3\x81", b"%ff=%e3", b"a=%00", b"?" * 9)
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Doors:
    """Makes what doors are asked; `known` are values that rows have, by the name of the parameter."""

    known: dict[str, tuple[object, ...]]

    def asked(self, dice: random.Random) -> tuple[str, bytes, dict[str, object] | None]:
        """Method, target and JSON body: nothing where the method has none."""
        prefix, doors = dice.choice((("/api/v1", DIVERSE), ("/api", TALKTIKO)))
        door = dice.choice(doors)
        if door.path == "/auth/sign-in" and dice.random() < 0.7:
            door = dice.choice(doors)  # hashing a password takes long
        method = dice.choice(door.methods) if dice.random() < 0.96 else dice.choice(METHODS)
        odd = dice.choice((0.0, 0.0, 0.15, 0.6))
        values = {one.name: self.value(dice, door, one, odd) for one in door.parameters if self.given(dice, one)}
        path = self.path(dice, prefix, door, values)
        if door.methods[0] in ("GET", "DELETE"):
            return method, path + self.query(dice, values, door.parameters, odd), None
        return method, path + (self.query(dice, {}, door.parameters, 1) if dice.random() < odd else b""), values

    def given(self, dice: random.Random, parameter: Parameter) -> bool:
        """Whether a parameter is given: one that must be nearly always is."""
        return dice.random() < (0.97 if parameter.required else 0.35)

    def value(self, dice: random.Random, door: Door, parameter: Parameter, odd: float) -> object:
        """A value that may be given, or an odd one."""
        if dice.random() < odd:
            return oddities.value(dice)
        known = self.known.get(f"{door.path} {parameter.name}", self.known.get(parameter.name))
        return value_of(dice, parameter.kind, known)

    def path(self, dice: random.Random, prefix: str, door: Door, values: dict[str, object]) -> bytes:
        """The path with what stands in it, or one that is nearly so."""
        path = prefix + door.path
        for parameter in door.parameters:
            if parameter.in_path:
                given = str(values.pop(parameter.name, "1"))
                path = path.replace(f"{{{parameter.name}}}", quote(given, safe="", errors="replace"))
        if dice.random() < 0.06:
            path = dice.choice(
                (path + "/", path.replace("/", "//", 1), path.upper(), path + "%00", path + "/..", path + "%")
            )
        return path.encode()

    def query(
        self, dice: random.Random, values: dict[str, object], parameters: Sequence[Parameter], odd: float
    ) -> bytes:
        """A query string in one of the spellings, and things that should not stand there."""
        spellings = {one.name: (one.name, *one.spellings) for one in parameters}
        pairs: list[Pair] = []
        for name, given in values.items():
            pairs += spelt(dice, dice.choice(spellings.get(name, (name,))), given)
        if dice.random() < odd:
            pairs += [strange(dice, name) for name in dice.sample([*spellings, "x"], 1)]
        text = "&".join(f"{escaped(dice, name)}={escaped(dice, given)}" for name, given in pairs).encode(
            "latin-1", "replace"
        )
        if dice.random() < odd / 3:
            text += b"&" + dice.choice(STRAY)
        return b"?" + text if text else b""


def spelt(dice: random.Random, name: str, given: object) -> list[Pair]:
    """The pairs of one parameter; a list in one of its three spellings."""
    if isinstance(given, list):
        texts = [str(one) for one in given]
        return dice.choice(
            ([(f"{name}[]", one) for one in texts], [(name, one) for one in texts], [(name, ",".join(texts))])
        )
    if given is None or isinstance(given, bool):
        return [(name, {True: "true", False: "false", None: ""}[given])]
    return [(name, str(given))]


def strange(dice: random.Random, name: str) -> Pair:
    """A parameter as an array, a hash, twice, or by a name that is nearly its own."""
    names = (
        f"{name}[]",
        f"{name}[a]",
        f"{name}[][]",
        f"{name}[",
        f"{name}]",
        f"[{name}]",
        name,
        name.upper(),
        f"{name}\0",
    )
    return dice.choice(names), oddities.encodable(dice)


def escaped(dice: random.Random, text: str) -> str:
    """A text in a query string: escaped, nearly so, or as it is where a request line can hold it."""
    found = quote(text, safe=dice.choice(("", "[]:,+-", "[]")), errors="replace")
    return found if dice.random() < 0.98 else found.replace("%", dice.choice(("%25", "%", "%u00", "")))


def value_of(dice: random.Random, kind: Kind, known: tuple[object, ...] | None) -> object:
    """A value of a kind."""
    if isinstance(kind, Listed):
        size = dice.choice((0, 1, 1, 2, 3, 3, 1000, 1001))
        return [value_of(dice, kind.item, known) for _ in range(size)]
    if isinstance(kind, Members):
        return {name: value_of(dice, member, None) for name, member in kind.members if dice.random() < 0.4}
    if isinstance(kind, Choice | Key):
        return dice.choice(kind.words)
    if isinstance(kind, Sort):
        return dice.choice(("", "-")) + dice.choice(kind.words)
    if known and dice.random() < 0.8:
        return dice.choice(known)
    makers: dict[type[Kind], Callable[[], object]] = {
        Integer: lambda: dice.choice((1, 2, 3, 5, oddities.integer(dice))),
        Count: lambda: dice.choice((1, 2, 15, 100, 101, 0, -1, "abc", 10**9, oddities.integer(dice))),
        Number: lambda: dice.choice((0, 0.5, 1, 100, "7.5", -1, *oddities.FLOATS)),
        Flag: lambda: dice.choice((True, False, "1", "0", "true")),
        Day: lambda: dice.choice(("2010-06-26", "2025-04-01", "2026-05-31", *oddities.DAYS)),
        Moment: lambda: dice.choice(("2025-06-01T00:00:00+09:00", "2026-07-01T00:00:00Z", *oddities.MOMENTS)),
        Text: lambda: oddities.encodable(dice),
        Object: lambda: {oddities.name(dice): oddities.value(dice) for _ in range(dice.choice((0, 1, 3)))},
    }
    return makers[type(kind)]()


def other_target(dice: random.Random) -> bytes:
    """A target that is no door, or hardly one."""
    share = dice.random()
    if share < 0.6:
        return dice.choice(OTHER_PATHS).encode()
    if share < 0.75:
        return b"/" + dice.choice((b"a", b"/", b"../", b"%2e", b"%00")) * dice.choice((100, 5_000, 15_000))
    return dice.choice((b"/", b"/api/", b"/api/v1/", b"/graphiql/")) + quote(oddities.octets(dice, 60)).encode()


# What xAPI endpoints are described by.
OF_ENDPOINTS: dict[str, tuple[object, ...]] = {
    "credential": ("1|kakehashi_token", "", "two words"),
    "verbs": ("completed", "passed", "nope"),
    **dict.fromkeys(("auth_type", "authType"), ("basic", "bearer", "BASIC", "BEARER")),
    "username": ("us", "u:s", ""),
    "version": ("1.0.3", "2.0.0", "1.0"),
}
# What platforms are described by: well, and badly.
OF_PLATFORMS: dict[str, tuple[object, ...]] = {
    **dict.fromkeys(("issuer", "auth_login_url", "authLoginUrl"), (URL, "http://lms", "lms", "https://é")),
    **dict.fromkeys(("auth_token_url", "jwks_url", "tokenUrl", "jwksUrl"), (URL, REFUSED_URL, "ftp://93.184.216.34/")),
    **dict.fromkeys(("client_id", "clientId"), ("1", "a b", "é", "")),
    **dict.fromkeys(("deployment_ids", "deployments"), ("1", "", "é", "x" * 256)),
    "matching": ("nothing", "email", "external_id", "EMAIL", "name"),
}
# What a grade may be, and nearly.
OF_GRADES: dict[str, tuple[object, ...]] = {
    **dict.fromkeys(("score_given", "scoreGiven", "score_maximum", "scoreMaximum"), (0, 0.5, 10, 100, -1, "7.5")),
    "comment": ("よくできました", "", "a" * 2000, "a" * 2001),
}


# What does not depend on rows.
OF_ANYTHING: dict[str, tuple[object, ...]] = {
    "events": ("*", "lesson.*", "lesson.completed", "ping", "nope.*"),
    "secret": ("a-secret-of-our-own", "short"),
    **dict.fromkeys(("overlap_hours", "overlapHours"), (0, 24, 168, 169, -1)),
    **dict.fromkeys(("from_seq", "fromSeq"), ("0", "503", "9" * 19, "-1")),
    "email": ("student@kakehashi.example", "nobody@kakehashi.example", "locked@kakehashi.example"),
    "password": ("kakehashi-demo", "wrong"),
    "abilities": ("*", "courses:read", "progress:read", "nope"),
    "document": (
        *("{ viewer { uid } }", "{ students(first: 100) { nodes { uid } } }", "{", "mutation { signIn }"),
        *(
            DOCUMENT,
            "query ($code: String) { students(organizationCode: $code) { nodes { uid courses { code } } } }",
        ),
    ),
    **dict.fromkeys(("page", "per", "per_page", "first"), (1, 2, 3, 5, 20, 100, 10**6)),
}
COMMON = (("organizations", "code"), ("organizations", "id"), ("students", "uid"))


def known_in(rows: Rows) -> dict[str, tuple[object, ...]]:
    """Values that rows have, by the names that parameters and arguments have for them."""

    def column(table: str, name: str, most: int = 60) -> tuple[object, ...]:
        found = [row[name] for row in rows[table] if row[name] is not None]
        return tuple(found[:: max(1, len(found) // most)])

    organizations, numbers, uids = (column(*of) for of in COMMON)
    webhooks, deliveries, exports, upstreams, endpoints, platforms = (
        column(table, "id")
        for table in ("webhooks", "deliveries", "exports", "upstream_feeds", "xapi_endpoints", "lti_platforms")
    )
    courses = (*column("courses", "code"), *column("courses", "slug"), *column("courses", "id"))
    return {
        **dict.fromkeys(("organization_code", "organizationCode", "code"), organizations),
        **dict.fromkeys(("organization_id", "organizationLegacyId", "id"), numbers),
        **dict.fromkeys(("section_code", "sectionCode"), column("sections", "code")),
        **dict.fromkeys(("group_code", "groupCode"), column("groups", "code")),
        **dict.fromkeys(("school_code", "schoolCode"), column("schools", "code")),
        **dict.fromkeys(("uid", "uids", "readerUid"), uids),
        **dict.fromkeys(("course_id", "course", "key", "slug", "id"), courses),
        **dict.fromkeys(("lesson_id", "lessonLegacyId"), column("lessons", "id")),
        **dict.fromkeys(("training_id", "trainingLegacyId"), column("trainings", "id")),
        **dict.fromkeys(("user_id", "studentLegacyId", "learner"), column("students", "id")),
        # Tokens have none of these numbers: those who ask here would be out of tokens soon.
        "token": (999_999, 12_345, 2**31 - 1),
        "legacyId": (999_999, 12_345, 2**31 - 1, *webhooks, *deliveries, *exports, *upstreams, *endpoints, *platforms),
        **dict.fromkeys((f"{door.path} id" for door in TALKTIKO if "/webhooks/" in door.path), webhooks),
        **dict.fromkeys((f"{door.path} id" for door in TALKTIKO if "/exports/" in door.path), exports),
        **dict.fromkeys((f"{door.path} id" for door in TALKTIKO if "/upstreams/" in door.path), upstreams),
        **dict.fromkeys((f"{door.path} id" for door in TALKTIKO if "/xapi-" in door.path), endpoints),
        **dict.fromkeys((f"{door.path} id" for door in TALKTIKO if "/lti-consumers/" in door.path), platforms),
        **dict.fromkeys(
            (f"{door.path} id" for door in TALKTIKO if "/institutions/" in door.path), column("organizations", "id")
        ),
        "readerUid": uids,
        "parentLegacyId": column("organizations", "id"),
        "parent_id": column("organizations", "id"),
        "membershipLegacyId": column("memberships", "id"),
        "domains": ("example.jp", "学校.example", "localhost", "a@b.jp"),
        **dict.fromkeys((f"{door.path} id" for door in TALKTIKO if "/institutions/" in door.path), numbers),
        **OF_PLATFORMS,
        **OF_GRADES,
        **dict.fromkeys(("launch", "launchLegacyId"), column("lti_launches", "id")),
        **dict.fromkeys((f"{door.path} user_id" for door in TALKTIKO if "collected" in door.path), uids),
        "source": column("collected_usage", "source"),
        "webhookLegacyId": webhooks,
        **OF_ENDPOINTS,
        "delivery": deliveries,
        **dict.fromkeys(("event", "eventType"), column("deliveries", "event_type")),
        **dict.fromkeys(("url", "to_url", "toUrl"), (URL, URL, REFUSED_URL, f"{URL}:0", "ftp://93.184.216.34/")),
        **OF_ANYTHING,
        "tags": column("information_tags", "key"),
    }
