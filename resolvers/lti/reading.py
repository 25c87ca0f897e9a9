"""Values of a verified id_token, read one by one: what is needed and unusable is refused, what is not is let be."""

import math
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from resolvers.lti.reasons import Reason

Claims = Mapping[str, object]

LONGEST_ID, LONGEST_TEXT, LONGEST_URL = 255, 1000, 4096
MOST_TEXTS = 100
DEEPEST = 32
END_OF_9999 = 253_402_300_799
# What neither database can keep; and what no name has: control characters.
UNKEPT = re.compile("[\x00\ud800-\udfff]")
UNUSABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def needed(claims: Claims, name: str, called: str | None = None) -> str:
    """A name that must be there: 1 to 255 characters; `called` is how people know the claim."""
    value = name_in(claims, name)
    if value is None:
        raise Reason.CLAIM_WRONG.refusal(called or name)
    return value


def name_in(claims: Claims, name: str) -> str | None:
    """A name of 1 to 255 characters where there is one."""
    value = claims.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_ID and not UNUSABLE.search(value) else None


def text_in(claims: Claims, name: str) -> str | None:
    """A text for people, cut where it is long, without what no text has; None where there is none."""
    value = claims.get(name)
    if not isinstance(value, str):
        return None
    return UNUSABLE.sub(" ", value).strip()[:LONGEST_TEXT] or None


def object_in(claims: Claims, name: str) -> Claims:
    """An object; an empty one where there is none."""
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def texts_in(claims: Claims, name: str, called: str | None = None) -> list[str]:
    """A list of texts, which must be there."""
    value = claims.get(name)
    if not isinstance(value, list) or len(value) > MOST_TEXTS or not all(map(is_usable, value)):
        raise Reason.CLAIM_WRONG.refusal(called or name)
    return value


def is_usable(value: object) -> bool:
    """Whether this is a text that both databases can keep."""
    return isinstance(value, str) and not UNUSABLE.search(value)


def address_in(claims: Claims, name: str) -> str | None:
    """An absolute address of the web where there is one."""
    value = claims.get(name)
    if not isinstance(value, str) or len(value) > LONGEST_URL or UNUSABLE.search(value) or " " in value:
        return None
    try:
        found = urlsplit(value)
    except ValueError:
        return None
    return value if found.scheme in ("https", "http") and found.hostname else None


def flag_in(claims: Claims, name: str) -> bool | None:
    """A yes or a no where there is one; Moodle 3 writes them as texts."""
    value = claims.get(name)
    if isinstance(value, bool):
        return value
    return value == "true" if value in ("true", "false") else None


def seconds_in(claims: Claims, name: str) -> float:
    """A time in Unix seconds, whole or not (RFC 7519, 2: NumericDate), which must be there."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= END_OF_9999:
        raise Reason.TOKEN_TIMES.refusal(name)
    return float(value)


def can_be_kept(value: object) -> bool:
    """Whether both databases give back this value of JSON as it came."""
    level = [value]
    for _ in range(DEEPEST):
        if not all(map(is_plain, level)):
            return False
        level = [inner for one in level for inner in within(one)]
        if not level:
            return True
    return False


def is_plain(value: object) -> bool:
    """Whether this is neither a text nor a number that JSON or a database lacks; 1e999 is read as infinite."""
    if isinstance(value, str):
        return not UNKEPT.search(value)
    return not isinstance(value, float) or math.isfinite(value)


def within(value: object) -> Iterable[object]:
    """What stands in a value of JSON, one level down."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else ()
