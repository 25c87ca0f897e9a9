"""Hostile texts, numbers and JSON."""

import json
import random
import string
from collections.abc import Callable

from tests.engine.awkward import TEXTS

INTEGERS = (0, -1, 1, 100, 101, 1000, 1001, 2**31 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, -(2**63) - 1, 2**64)
FLOATS = (0.0, -0.0, 0.5, 1.0, 1e15, 1e22, 1e308, 5e-324, -1.5, float("inf"), float("nan"))
DAYS = (
    *("2026-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "2025-13-01"),
    *("-2025-01-01", "２０２５-01-01"),
)
MOMENTS = (
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2025-01-01T00:00:00+99:99", "2025-01-01T24:00:00Z"),
    *("2025-01-01T23:59:60Z", "2025-01-01T00:00:00 09:00", "2025-01-01T00:00:00.1234567Z"),
    *("2025-01-01T00:00:00+24:00", "2025-01-01T00:00:00"),
)
ODD = (
    *TEXTS,
    *DAYS,
    *MOMENTS,
    "%",
    "_",
    "trailing\\",
    "\\",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "a\udc00b",
    "../../../etc/passwd",
    "%00",
    "%2e%2e%2f",
    "${jndi:ldap://a}",
    "{{7*7}}",
    "__proto__",
    "constructor",
    "NaN",
    "Infinity",
    "1e400",
    "0x10",
    "１２３",
    "٣",
    "²",
    "-",
    "--",
    "-0",
    "+1",
    "1.0",
    "1_000",
    " 1",
    "9" * 400,
    "9" * 5000,
    "true",
    "[]",
    "null",
    "*",
    "=cmd|' /C calc'!A0",
    "\u202eabc",
    "a" * 300,
    "é" * 2000,
    "が" * 5000,
    "W10=",
    "WyJ4IiwxXQ==",
    "bnVsbA==",
    "Zm9v\n",
)
PLANES = ((0x20, 0x7E), (0xA0, 0x2FF), (0x300, 0x36F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))


def text(dice: random.Random) -> str:
    """A text: odd, of any plane of Unicode, or long."""
    share = dice.random()
    if share < 0.7:
        return dice.choice(ODD)
    if share < 0.97:
        return "".join(chr(character(dice)) for _ in range(dice.choice((1, 2, 3, 8, 40))))
    return dice.choice(("x", "[", '"', "\\", "が", " ")) * dice.choice((2_000, 20_000, 60_000))


def character(dice: random.Random) -> int:
    """A code point: of a common block, or any at all, surrogates included."""
    if dice.random() < 0.6:
        return dice.randint(*dice.choice(PLANES))
    return dice.randrange(0x110000)


def encodable(dice: random.Random) -> str:
    """A text without halves of surrogate pairs."""
    return text(dice).encode("utf-8", "replace").decode()


def integer(dice: random.Random) -> int:
    """A whole number near a limit of something."""
    return dice.choice(INTEGERS) if dice.random() < 0.95 else 10 ** dice.choice((19, 30, 309, 400))


def name(dice: random.Random) -> str:
    """A name of letters."""
    return "".join(dice.choices(string.ascii_letters + "_", k=dice.randint(1, 8)))


def value(dice: random.Random, depth: int = 3) -> object:
    """Any JSON value, and some that JSON has not."""
    makers: list[Callable[[], object]] = [
        lambda: text(dice),
        lambda: text(dice),
        lambda: integer(dice),
        lambda: dice.choice(FLOATS),
        lambda: dice.choice((True, False)),
        lambda: None,
    ]
    if depth:
        makers += [
            lambda: [value(dice, depth - 1) for _ in range(dice.choice((0, 1, 2, 5)))],
            lambda: {text(dice)[:50]: value(dice, depth - 1) for _ in range(dice.choice((0, 1, 3)))},
            lambda: nested(dice),
        ]
    return dice.choice(makers)()


def nested(dice: random.Random) -> object:
    """Lists in lists, or objects in objects."""
    found: object = dice.choice((1, None, "x"))
    listed = dice.random() < 0.6
    for _ in range(dice.choice((2, 5, 20, 60, 63, 64, 65, 200))):
        found = [found] if listed else {"a": found}
    return found


def encoded(dice: random.Random, given: object) -> bytes:
    """JSON as UTF-8, with escapes or without; halves of surrogate pairs become escapes, or bytes that are no UTF-8."""
    plain = json.dumps(given, ensure_ascii=dice.random() < 0.6)
    return plain.encode("utf-8", "surrogatepass")


def octets(dice: random.Random, most: int = 40) -> bytes:
    """Some bytes."""
    return dice.randbytes(dice.randint(1, most))
