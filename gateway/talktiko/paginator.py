"""The envelope of a list: the body that Laravel's length-aware paginator gives to a resource collection."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

import orjson

PREVIOUS, NEXT, DOTS = "&laquo; Previous", "Next &raquo;", "..."
PAGE = "page"
# How many pages Laravel shows to the left and to the right of the current one.
ON_EACH_SIDE = 3
# Up to this far from either end, the pages around the current one run together with those of that end.
NEAR_AN_END = ON_EACH_SIDE + 4
# With fewer pages than this all are shown.
TOO_MANY_TO_SHOW = ON_EACH_SIDE * 2 + 8
SHORT = 512

# What rawurlencode leaves as it is, and most of what is asked consists of.
PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")
# A name with its keys, as PHP reads it: filter[type], a[], a[0][b].
NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
KEY = re.compile(r"\[([^\[\]]*)\]")
# What PHP counts on from; a longer number is no index of anybody's list.
INDEX = re.compile(r"0|[1-9][0-9]{0,17}")

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a list is asked for: the absolute URL without its query, and the query's pairs, decoded and in order."""

    url: str
    query: tuple[Pair, ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether it is as long as addresses are that people ask for."""
        return len(self.url) + sum(len(name) + len(value) for name, value in self.query) <= SHORT


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands among all pages, and how the URL of each begins."""

    page: int
    last: int
    stem: str

    @property
    def previous(self) -> int | None:
        """The page before; beyond the end too it is the number below, which may lie beyond the end itself."""
        return self.page - 1 if self.page > 1 else None

    @property
    def next(self) -> int | None:
        """The page after, where there is one."""
        return self.page + 1 if self.page < self.last else None

    def url(self, page: int | None) -> str | None:
        """The URL of a page."""
        return None if page is None else f"{self.stem}{page}"


def paginated(rows: bytes, *, total: int, page: int, per_page: int, address: Address) -> bytes:
    """The answer to a list, its keys in the order of the Talktiko API's documentation.

    `rows` is the JSON array of this page, which is not parsed; `total` counts the rows of all pages. `page` and
    `per_page` are at least 1, and `page` may lie beyond the end. The work does not grow with any of the three.
    """
    say = said_again if address.is_short else said
    return b'{"data":%b,%b' % (rows, say(total, page, per_page, address))


def said(total: int, page: int, per_page: int, address: Address) -> bytes:
    """What follows the rows of a page: how to get to the others."""
    place = Place(page, max(1, -(-total // per_page)), stem(address))
    links = {
        "first": place.url(1),
        "last": place.url(place.last),
        "prev": place.url(place.previous),
        "next": place.url(place.next),
    }
    standing = meta(place, total=total, per_page=per_page, path=address.url)
    return b'"links":%b,"meta":%b}' % (written(links), written(standing))


# The same pages are asked for again and again. What is kept is bounded, for who asks chooses its length.
said_again = lru_cache(maxsize=4096)(said)


def meta(place: Place, *, total: int, per_page: int, path: str) -> dict[str, object]:
    """Which rows of how many these are; `from` and `to` are null where there are none."""
    before = (place.page - 1) * per_page
    count = max(0, min(per_page, total - before))
    return {
        "current_page": place.page,
        "from": before + 1 if count else None,
        "last_page": place.last,
        "links": numbered_links(place),
        "path": path,
        "per_page": per_page,
        "to": before + count if count else None,
        "total": total,
    }


def numbered_links(place: Place) -> list[dict[str, object]]:
    """The links that a pager shows: back, the pages with three dots wherever some are left out, forth."""
    links = [link(place, place.previous, PREVIOUS)]
    for position, run in enumerate(runs(place.page, place.last)):
        if position:
            links.append(link(place, None, DOTS))
        links += [link(place, page, str(page), active=page == place.page) for page in run]
    return [*links, link(place, place.next, NEXT)]


def link(place: Place, page: int | None, label: str, *, active: bool = False) -> dict[str, object]:
    """One of the links; one that leads nowhere has neither URL nor page."""
    return {"url": place.url(page), "label": label, "page": page, "active": active}


def runs(page: int, last: int) -> Sequence[range]:
    """The pages that are shown, as Laravel's UrlWindow chooses them: one run, two or three."""
    if last < TOO_MANY_TO_SHOW:
        return (range(1, last + 1),)
    start, finish = range(1, 3), range(last - 1, last + 1)
    if page <= NEAR_AN_END:
        return (range(1, NEAR_AN_END + ON_EACH_SIDE + 1), finish)
    if page > last - NEAR_AN_END:
        return (start, range(last - NEAR_AN_END - ON_EACH_SIDE + 1, last + 1))
    return (start, range(page - ON_EACH_SIDE, page + ON_EACH_SIDE + 1), finish)


def stem(address: Address) -> str:
    """The URL of any page but for its number: the request's own query stays, whatever named a page goes."""
    kept = [(name, value) for name, value in address.query if name != PAGE and not name.startswith(f"{PAGE}[")]
    return f"{address.url}?{query_text([*kept, (PAGE, '')])}"


def query_text(pairs: Iterable[Pair]) -> str:
    """Pairs as the text of a query, as Laravel has PHP's http_build_query encode them: RFC 3986, lists numbered.

    Unlike PHP it loses and moves nothing: a name that comes twice stays twice, and in its place. PHP reads the same
    from what was sent and from this, unless one name is a list and a text at once, or its brackets do not match.
    """
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in numbered(pairs))


def encoded(text: str) -> str:
    """A text as PHP's rawurlencode writes it."""
    return text if PLAIN.fullmatch(text) else quote(text, safe="")


@dataclass(slots=True)
class Taken:
    """The keys in use below a name, and the index that the next empty brackets get."""

    free: int = 0
    below: dict[str, "Taken"] = field(default_factory=dict)

    def key(self, given: str) -> str:
        """The key that a given one means; it is in use from now on."""
        key = given or str(self.free)
        if INDEX.fullmatch(key):
            self.free = max(self.free, int(key) + 1)
        return key


def numbered(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Pairs whose lists are counted as PHP counts them: a[] and a[] become a[0] and a[1].

    A name whose brackets do not match stays as it is.
    """
    taken = Taken()
    for name, value in pairs:
        parts = NAME.fullmatch(name) if "[" in name else None
        yield name if parts is None else with_indexes(parts[1], KEY.findall(parts[2]), taken), value


def with_indexes(name: str, keys: Iterable[str], taken: Taken) -> str:
    """A name with its keys, where empty brackets have got their index."""
    written_out = [name]
    inside = taken.below.setdefault(name, Taken())
    for given in keys:
        key = inside.key(given)
        written_out.append(f"[{key}]")
        inside = inside.below.setdefault(key, Taken())
    return "".join(written_out)


def written(content: Mapping[str, object]) -> bytes:
    """JSON; by the standard library where a page is asked for by a number that no other writes."""
    try:
        return orjson.dumps(content)
    except TypeError:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
