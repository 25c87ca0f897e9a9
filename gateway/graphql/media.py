"""Which media type an answer has (RFC 9110, 12.5.1)."""

from functools import lru_cache

JSON = "application/json; charset=utf-8"
RESPONSE = "application/graphql-response+json; charset=utf-8"
OFFERED = {"application/json": JSON, "application/graphql-response+json": RESPONSE}


@lru_cache(maxsize=64)
def chosen(accept: str) -> str | None:
    """The media type that a client likes best: GraphQL's own before JSON where both are named; None for neither.

    Who accepts anything gets JSON, which every client reads.
    """
    weights = {media: weight for media, weight in map(weighed, accept.split(",")) if media}
    found = {name: weight_of(name, weights) for name in OFFERED}
    if not any(found.values()):
        return None
    named = "application/graphql-response+json" in weights
    liked = max(found, key=lambda name: (found[name], (name == "application/json") != named))
    return OFFERED[liked]


def weighed(part: str) -> tuple[str, float]:
    """One media range, and how much it is liked: from 0 to 1."""
    media, _, parameters = part.partition(";")
    weight = 1.0
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            weight = number(value.strip())
    return media.strip().lower(), weight


def number(text: str) -> float:
    """A weight; what is none counts as the least that there is."""
    whole, _, part = text.partition(".")
    if whole not in ("0", "1") or len(part) > 3 or not (part == "" or part.isdecimal()):
        return 0.0
    return min(1.0, float(f"{whole}.{part or 0}"))


def weight_of(name: str, weights: dict[str, float]) -> float:
    """How much a media type is liked: as the most specific range says that it falls under."""
    for media in (name, "application/*", "*/*"):
        if media in weights:
            return weights[media]
    return 0.0
