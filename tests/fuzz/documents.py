"""GraphQL: valid documents and mutations with values, the same mutated, and shapes that are meant to harm."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from tests.engine.documents import Cursors, Maker
from tests.engine.rows import Rows
from tests.engine.values import Values
from tests.fuzz import oddities

Request = dict[str, object]
WORDS = re.compile(r'"""(?:.|\n)*?"""|"(?:[^"\\\n]|\\.)*"|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|[^\s\w]', re.ASCII)
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|\b-?\d+\b|\btrue\b|\bnull\b', re.ASCII)
PIECES = (
    *("{", "}", "(", ")", "[", "]", "!", "$", "@", "|", "&", "=", ":", "...", "on", "fragment", "query", "mutation"),
    *("subscription", "null", "true", '"', '"""', "#", "\n", "\r", "\0", "\ufeff", "\\", "@skip(if: true)", "@include"),
    *("__typename", "__schema { types { name } }", '__type(name: "Query") { name }', "...F", "@deprecated", "extend"),
    *("type A { a: Int }", "schema { query: Query }", "9" * 5000, "1e999", "-0", "1.", "0x1", "$v", '"\\u{110000}"'),
    *('"\\ud83d\\ude00"', '"\\uD800"', '"\\u0000"', '"\\u{0}"', "first: 101", "first: -1", "{a: {a: {a: 1}}}"),
)
# Values in which the whole of JSON may stand.
ANYTHING = "JSON"


@dataclass(frozen=True, slots=True)
class Documents:
    """Makes GraphQL requests over one schema and the rows of one database; `cursors` are such as answers show."""

    schema: GraphQLSchema
    rows: Rows
    known: dict[str, tuple[object, ...]] = field(default_factory=dict)

    def valid(self, dice: random.Random) -> Request:
        """A valid query with the values of its variables."""
        seed = dice.randrange(2**32)
        maker = Maker(self.schema, self.rows, seed, (), Cursors())
        maker.values = Known(self, maker.dice)
        document = maker.document()
        return {"query": document.text, "variables": dict(document.variables[dice.randrange(2)])}

    def field(self, dice: random.Random, kind: str = "") -> Request:
        """Any root field at all, those that Python resolves and mutations too, with values that are mostly good."""
        name = kind or dice.choice(("Query", "Query", "Mutation", "Mutation", "Mutation"))
        root = self.schema.type_map[name]
        if not isinstance(root, GraphQLObjectType):
            raise TypeError(f"{name} has no fields.")
        chosen = dice.choice(list(root.fields))
        made = Root(self, dice)
        text = made.field(chosen, root.fields[chosen], 3)
        head = f"({', '.join(made.declared)})" if made.declared else ""
        return {"query": f"{name.lower()} D{head} {{ {text} }}", "variables": made.variables}

    def mutated(self, dice: random.Random) -> Request:
        """A request that was good, after some changes to its document, its variables, or its other members."""
        request = dice.choice((self.valid, self.field))(dice)
        for _ in range(dice.choice((1, 1, 2, 3))):
            request = dice.choice(CHANGES)(dice, request)
        return request

    def harmful(self, dice: random.Random) -> Request:
        """A shape that is meant to take long, or to be too deep."""
        return {"query": dice.choice(SHAPES)(dice, dice.choice(SIZES)), "variables": {}}

    def value(self, dice: random.Random, name: str, type_: GraphQLInputType) -> object:
        """A value for an argument: one that may stand there, an odd one of the type, or anything at all."""
        share = dice.random()
        if share < 0.08:
            return oddities.value(dice)
        if share < 0.14:
            return None
        named = get_nullable_type(type_)
        if is_list_type(named):
            return [self.value(dice, name, named.of_type) for _ in range(dice.choice((0, 1, 1, 2, 5, 101)))]
        if isinstance(named, GraphQLInputObjectType):
            chosen = [one for one in named.fields if dice.random() < 0.7]
            return {one: self.value(dice, one, named.fields[one].type) for one in chosen}
        if isinstance(named, GraphQLEnumType):
            return dice.choice(list(named.values))
        known = self.known.get(name)
        return dice.choice(known) if known and share < 0.7 else plain(dice, str(named))


class Known(Values):
    """The values that the maker of valid documents draws: those that the rows have, or odd ones of the right type."""

    def __init__(self, documents: Documents, dice: random.Random) -> None:
        super().__init__(documents.rows, dice, ())
        self.documents = documents

    def single(self, path: str, name: str, named: object) -> object:
        """One value."""
        if isinstance(named, GraphQLEnumType):
            return self.dice.choice(list(named.values))
        known = [one for one in self.documents.known.get(name, ()) if isinstance(one, int) is (str(named) == "Int")]
        return self.dice.choice(known) if known and self.dice.random() < 0.9 else plain(self.dice, str(named))


def plain(dice: random.Random, type_: str) -> object:
    """An odd value of a scalar type."""
    makers: dict[str, Callable[[], object]] = {
        "Int": lambda: dice.choice((1, 2, 3, 20, oddities.integer(dice))),
        "Float": lambda: dice.choice((0.5, 1, oddities.FLOATS[dice.randrange(9)])),
        "Boolean": lambda: dice.random() < 0.5,
        "Date": lambda: dice.choice(("2010-06-26", "2025-04-01", *oddities.DAYS)),
        "DateTime": lambda: dice.choice(("2025-06-01T00:00:00+09:00", "2026-07-01T00:00:00Z", *oddities.MOMENTS)),
        ANYTHING: lambda: oddities.value(dice),
    }
    return makers.get(type_, lambda: oddities.encodable(dice))()


@dataclass(slots=True)
class Root:
    """One root field of a document, with its variables."""

    documents: Documents
    dice: random.Random
    declared: list[str] = field(default_factory=list)
    variables: Request = field(default_factory=dict)

    def field(self, name: str, definition: GraphQLField, depth: int) -> str:
        """The field with arguments and what is asked below it."""
        given = [self.argument(one, what.type) for one, what in definition.args.items() if self.needs(what.type)]
        head = f"{name}({', '.join(given)})" if given else name
        below = get_named_type(definition.type)
        if not isinstance(below, GraphQLObjectType):
            return head
        return f"{head} {{ {self.selection(below, depth - 1)} }}"

    def needs(self, type_: GraphQLInputType) -> bool:
        """Whether an argument is given: one that must be nearly always is."""
        return self.dice.random() < (0.3 if get_nullable_type(type_) is type_ else 0.98)

    def argument(self, name: str, type_: GraphQLInputType) -> str:
        """An argument by a variable."""
        variable = f"v{len(self.declared)}"
        self.declared.append(f"${variable}: {type_}")
        self.variables[variable] = self.documents.value(self.dice, name, type_)
        return f"{name}: ${variable}"

    def selection(self, type_: GraphQLObjectType, depth: int) -> str:
        """Some fields of a type."""
        may = [name for name, what in type_.fields.items() if depth > 0 or is_leaf_type(get_named_type(what.type))]
        chosen = self.dice.sample(may, min(len(may), self.dice.choice((1, 2, 4))))
        return " ".join(["__typename", *(self.field(name, type_.fields[name], depth) for name in chosen)])


def text_of(request: Request) -> str:
    """The document of a request."""
    return str(request.get("query") or "")


def moved(dice: random.Random, request: Request) -> Request:
    """A word of the document is missing, stands there many times, or elsewhere."""
    words = WORDS.findall(text_of(request)) or ["{"]
    place, other = dice.randrange(len(words)), dice.randrange(len(words))
    words[place : place + 1] = dice.choice(([], [words[place]] * dice.choice((2, 60)), [words[other]]))
    return {**request, "query": " ".join(words)}


def put_in(dice: random.Random, request: Request) -> Request:
    """Something stands in the document that does not belong there."""
    text = text_of(request)
    place = dice.randrange(len(text) + 1)
    new = dice.choice((dice.choice(PIECES), dice.choice(PIECES) * dice.choice((2, 100)), oddities.text(dice)))
    return {**request, "query": f"{text[:place]} {new} {text[place:]}"}


def valued(dice: random.Random, request: Request) -> Request:
    """A literal is another."""
    text = text_of(request)
    places = [found.span() for found in LITERAL.finditer(text)]
    if not places:
        return put_in(dice, request)
    start, end = dice.choice(places)
    new = oddities.encoded(dice, oddities.value(dice)).decode("utf-8", "surrogatepass")
    return {**request, "query": text[:start] + new + text[end:]}


def varied(dice: random.Random, request: Request) -> Request:
    """A variable has another value, is missing, or there is one too many."""
    given = request.get("variables")
    variables = dict(given) if isinstance(given, dict) else {}
    name = dice.choice([*variables, oddities.name(dice), "v1"])
    variables[name] = oddities.value(dice)
    if dice.random() < 0.15:
        del variables[name]
    return {**request, "variables": variables}


def membered(dice: random.Random, request: Request) -> Request:
    """A member beside the document: the operation's name, extensions, names of stored documents, and nonsense."""
    text = dice.choice((text_of(request), "{ viewer { uid } }"))
    right = sha256(text.encode("utf-8", "replace")).hexdigest()
    digest = dice.choice((right, right, right.upper(), right[:63], "0" * 64, "", oddities.value(dice)))
    members: tuple[Request, ...] = (
        {"operationName": dice.choice(("D", "", "nope", "__typename", oddities.value(dice)))},
        {"extensions": {"persistedQuery": {"version": dice.choice((1, 1, 2, "1", None)), "sha256Hash": digest}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": right}}, "query": text},
        {"extensions": oddities.value(dice)},
        {"documentId": dice.choice((f"sha256:{digest}", digest, "nope", oddities.value(dice)))},
        {"documentId": f"sha256:{right}", "query": text},
        {"id": digest, "query": None},
        {"variables": dice.choice((None, [], "{}", 1, oddities.value(dice)))},
        {"query": oddities.value(dice)},
        {oddities.text(dice)[:100]: oddities.value(dice)},
    )
    found = {**request, **dice.choice(members)}
    if dice.random() < 0.3:
        found.pop("query", None)
    return found


def wrapped(dice: random.Random, request: Request) -> Request:
    """The document stands in itself, or several times."""
    text = text_of(request)
    around = (f"{text} {text}", f"query X {{ {text} }}", f"{text} fragment F on Query {text}", f"{{ ...F }} {text}")
    return {**request, "query": dice.choice(around)}


CHANGES = (moved, moved, put_in, valued, varied, varied, membered, wrapped)
SIZES = (1, 5, 11, 12, 13, 30, 31, 50, 51, 199, 400, 1000, 1990, 2001, 3000, 30_000)


def fan_out(_dice: random.Random, size: int) -> str:
    """Fragments, each of which spreads the next one twice."""
    size = min(size, 300)
    chain = "".join(f"fragment F{n} on Organization {{ ...F{n + 1} ...F{n + 1} }} " for n in range(size))
    return f"{{ organizations {{ nodes {{ ...F0 }} }} }} {chain} fragment F{size} on Organization {{ code }}"


def circle(dice: random.Random, size: int) -> str:
    """Fragments in a circle."""
    size = min(size, 300)
    names = "".join(f"fragment F{n} on Viewer {{ uid ...F{dice.randrange(size + 1)} }} " for n in range(size + 1))
    return f"{{ viewer {{ ...F0 }} }} {names}"


def deep(dice: random.Random, size: int) -> str:
    """Fields in fields, lists in lists, or inline fragments in inline fragments."""
    opening, inner, closing = dice.choice(
        (
            ("nodes { organization { ", "code", "} } "),
            ("... { ", "__typename", "} "),
            ("... on Query { viewer { uid } ", "__typename", "} "),
            ("a { ", "a", "} "),
        )
    )
    start, end = ("{ organizations { ", "} }") if "nodes" in opening else ("{ ", "}")
    return start + opening * size + inner + closing * size + end


def deep_value(dice: random.Random, size: int) -> str:
    """Lists or objects in one another, as a value or as a type."""
    texts = (
        f"{{ students(filter: {'{a: ' * size}1{'}' * size}) {{ totalCount }} }}",
        f"{{ organizations(first: {'[' * size}1{']' * size}) {{ totalCount }} }}",
        f"query ($v: {'[' * size}Int{']' * size}) {{ viewer {{ uid }} }}",
        f"query ($v: Int = {'[' * size}{']' * size}) {{ organizations(first: $v) {{ totalCount }} }}",
    )
    return dice.choice(texts)


def many(dice: random.Random, size: int) -> str:
    """Many of one thing."""
    each = dice.choice(
        (
            ("{ viewer { ", "a%d: uid ", "} }"),
            ("{ viewer { ", "uid ", "} }"),
            ("{ viewer { uid ", "@include(if: true) ", "} }"),
            ("{ ", "a%d: viewer { uid } ", "}"),
            ("{ ", "viewer { uid } ", "}"),
            ("{ organizations { nodes { ", "parent { code } ", "} } }"),
            ("{ organizations { nodes { ", "... on Organization { parent { code name } } ", "} } }"),
            ("{ viewer { uid } } ", "fragment F%d on Viewer { uid } ", ""),
            ("{ viewer { uid } } ", "query Q%d { viewer { uid } } ", ""),
            ("query (", "$v%d: Int ", ") { viewer { uid } }"),
            ("{ student(", "uid: 1 ", ") { uid } }"),
            ("{ student(", "u%d: 1 ", ") { uid } }"),
            ("{ students(filter: {", "uids: [1] ", "}) { totalCount } }"),
            ("{ students(filter: {uids: [", '"u%d" ', "]}) { totalCount } }"),
            ('{ student(uid: """', "\n   x", '""") { uid } }'),
            ("{ viewer { uid } } #", "x", ""),
            ("", ",", "{ viewer { uid } }"),
            ("", "\n#", "\n{ viewer { uid } }"),
            ("{ viewer { nonsense", "n", " } }"),
            ("{ ", "n%d ", "}"),
            ("{ __schema { types { ", "fields { name } ", "} } }"),
        )
    )
    head, unit, tail = each
    return head + "".join(unit % n if "%d" in unit else unit for n in range(size)) + tail


def overlapping(dice: random.Random, size: int) -> str:
    """Selections that validation must compare with one another."""
    size = min(size, 49)
    width = dice.choice((1, 5, 19))
    fields = " ".join(f"a{n % 29}: code" for n in range(width))
    spread = " ".join(f"...F{n}" for n in range(size))
    bodies = "".join(
        f"fragment F{n} on Organization {{ {fields} parent {{ {spread} {fields} }} }} " for n in range(size)
    )
    plain_bodies = "".join(f"fragment F{n} on Organization {{ {fields} parent {{ code }} }} " for n in range(size))
    return f"{{ organizations {{ nodes {{ {spread} }} }} }} {dice.choice((bodies, plain_bodies))}"


def widened(dice: random.Random, size: int) -> str:
    """A short document whose fragments make a large statement of it."""
    size = min(size, 30)
    learner = "fragment S on Student { uid code learner { xp } organization { code parent { code } } school { name } } "
    deep = "students(first: 1) { nodes { ...S organization { code students(first: 1) { nodes { ...S } } } } }"
    plain_ = "parent { code students(first: 1) { nodes { ...S } } }"
    fields = " ".join(f"a{n}: parent {{ ...O }}" for n in range(size))
    body = f"fragment O on Organization {{ code name {dice.choice((deep, plain_))} }} "
    return f"{{ organizations(first: 1) {{ nodes {{ {fields} }} }} }} {body}{learner}"


def introspection(_dice: random.Random, size: int) -> str:
    """Types of types."""
    return "{ __schema { types { fields { type " + "{ ofType " * size + "{ name }" + "}" * size + "} } } }"


def number(dice: random.Random, size: int) -> str:
    """A long number where one is taken, and where none is."""
    digits = dice.choice(("9", "0", "1e", "-", "1.")) + "9" * size
    return dice.choice(("{ organizations(first: %s) { totalCount } }", "{ student(uid: %s) { uid } }")) % digits


def nested_document(dice: random.Random, size: int) -> str:
    """A document in the argument of one that explains documents, or keeps them to shape events or to list rows."""
    inner = dice.choice((fan_out, circle, deep, many, overlapping))(dice, size)
    written = json.dumps(inner)
    making = ('createWebhook(url: "https://127.0.0.1/", events: [], ', "startExport(type: DOCUMENT, ")
    changing = dice.choice(("updateWebhook(legacyId: 1, ", *making))
    start = dice.choice(("{ explainToken(", "{ explainCost(", f"mutation {{ {changing}"))
    return f"{start}document: {written}) {{ __typename }} }}"


SHAPES = (
    *(fan_out, circle, deep, deep_value, many, many, many, overlapping, overlapping, introspection),
    *(number, nested_document, widened),
)
