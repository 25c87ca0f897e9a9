"""Values of a verified id_token, read one by one: what is needed and unusable is refused, what is not is let be."""

import math
import re
from collections.abc import Iterable

from resolvers.claims import Claims, is_usable, name_in
from resolvers.lti.reasons import Reason

MOST_TEXTS = 100
DEEPEST = 32
# What neither database can keep.
UNKEPT = re.compile("[\x00\ud800-\udfff]")


def needed(claims: Claims, name: str, called: str | None = None) -> str:
    """A name that must be there: 1 to 255 characters; `called` is how people know the claim."""
    value = name_in(claims, name)
    if value is None:
        raise Reason.CLAIM_WRONG.refusal(called or name)
    return value


def texts_in(claims: Claims, name: str, called: str | None = None) -> list[str]:
    """A list of texts, which must be there."""
    value = claims.get(name)
    if not isinstance(value, list) or len(value) > MOST_TEXTS or not all(map(is_usable, value)):
        raise Reason.CLAIM_WRONG.refusal(called or name)
    return value


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
