"""Mutates the bytes of bodies."""

import random
from collections.abc import Callable

from tests.fuzz import oddities

MOST = 128 * 1024
SIZES = (MOST - 1, MOST, MOST + 1, MOST + 1024)
CONTROL = tuple(bytes([number]) for number in (0, 1, 8, 9, 10, 11, 12, 13, 27, 31, 127, 128, 192, 255))
BITS = (
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\\u0000", b"\\ud800", b"1e999", b"NaN", b"-"),
    *(b"\xef\xbb\xbf", b"/*"),
)
ENCODINGS = ("utf-16", "utf-32", "utf-16-le", "utf-7", "shift_jis", "euc_jp", "latin-1", "utf-8-sig", "cp037")
# Each of these, repeated, is a text or a nesting without an end, or one that ends only at the very last.
UNITS = (
    *(b'"', b'\\"', b'"a', b'"\\', b"\\", b"[", b"{", b'{"a":', b"[]", b"[[],", b"[1,", b" ", b"\n", b"1", b"-"),
    *(b"0", b"9e"),
    *(b'"a":1,', b"\\u0000", b"\xf0\x9f\x98\x80", b"\xff", b"\x00", b"{}", b"//", b"/*", b"tru", b"'", b'""'),
    *(b'"",', b'","'),
)


def mutated(dice: random.Random, body: bytes) -> bytes:
    """A body after one to four mutations."""
    for _ in range(dice.choice((1, 1, 2, 4))):
        body = dice.choice(MUTATIONS)(dice, body or b"{}")
    return body[: MOST + 2048]


def flipped(dice: random.Random, body: bytes) -> bytes:
    """Some bits are flipped."""
    out = bytearray(body)
    for _ in range(dice.choice((1, 2, 8))):
        out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
    return bytes(out)


def cut(dice: random.Random, body: bytes) -> bytes:
    """Some bytes are missing: at the end, at the beginning or between."""
    first, last = sorted(dice.randrange(len(body) + 1) for _ in range(2))
    return dice.choice((body[:first], body[last:], body[:first] + body[last:]))


def repeated(dice: random.Random, body: bytes) -> bytes:
    """A part stands there many times."""
    first, last = sorted(dice.randrange(len(body) + 1) for _ in range(2))
    times = dice.choice((2, 3, 50, 1000))
    return (body[:first] + body[first:last] * times + body[last:])[: MOST + 2048]


def inserted(dice: random.Random, body: bytes) -> bytes:
    """Bytes that mean something, or none that should be there, are put in."""
    place = dice.randrange(len(body) + 1)
    new = dice.choice((dice.choice(CONTROL), dice.choice(BITS), oddities.octets(dice)))
    return body[:place] + new * dice.choice((1, 1, 3, 70)) + body[place:]


def recoded(dice: random.Random, body: bytes) -> bytes:
    """The text is written in another encoding."""
    return body.decode("utf-8", "replace").encode(dice.choice(ENCODINGS), "replace")


def filled(dice: random.Random, body: bytes) -> bytes:
    """One thing is repeated up to the limit or just beyond, with the body before, behind, or nowhere."""
    unit, size = dice.choice(UNITS), dice.choice((*SIZES, 4000, 40_000))
    before = dice.choice(
        (b"", b"[]" * 33, b"[]" * 33, body, b'{"query":"', b'{"query":"{__typename}","variables":', b'{"a":"')
    )
    after = dice.choice((b"", b"", b'"}', b"}", b"]"))
    times = max(0, size - len(before) - len(after)) // len(unit)
    return before + unit * times + after


def doubled(dice: random.Random, body: bytes) -> bytes:
    """A member stands there twice."""
    place = body.find(b"{") + 1
    member = dice.choice((b'"query":1,', b'"query":"{__typename}",', b'"variables":{},', b'"":null,', b'"a":1,"a":2,'))
    return body[:place] + member + body[place:]


def padded(dice: random.Random, body: bytes) -> bytes:
    """As long as is allowed, or a byte longer, and otherwise the same."""
    size = dice.choice(SIZES)
    return body + b" " * max(0, size - len(body))


def replaced(dice: random.Random, body: bytes) -> bytes:
    """Some value in the JSON is another."""
    new = oddities.encoded(dice, oddities.value(dice))
    colons = [place for place, byte in enumerate(body[:5000]) if byte == 58]
    if not colons:
        return new
    place = dice.choice(colons) + 1
    end = min((at for at in (body.find(b",", place), body.find(b"}", place)) if at >= 0), default=len(body))
    return body[:place] + new + body[end:]


MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(flipped, cut, repeated, inserted, recoded, filled, doubled, padded),
    *(replaced, replaced, inserted, flipped),
)
