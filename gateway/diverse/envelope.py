"""What the Diverse API wraps around its answers, key by key as documented."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson

from gateway.doors.door import Asked, Data, Values
from gateway.doors.pages import page_in
from gateway.doors.problems import Problem, Refused
from resolvers.context import Viewer
from resolvers.engine.execution import encode

# Where `privileges` stand in the answer to a person: behind the last date that this kind of person has.
BEFORE_PRIVILEGES = ("date_of_birth", "end_at")


def collection(asked: Asked, data: Data) -> bytes:
    """A list as Kaminari pages it: `pagination` first, then the rows under the name of the document's one field."""
    ((name, connection),) = data.items()
    page = page_in(connection)
    pagination = written(kaminari(page.total, asked.values))
    return b'{"pagination":%b,"%b":%b}' % (pagination, name.encode(), page.rows)


def kaminari(total: int, values: Values) -> dict[str, int | None]:
    """Where a page stands; beyond the end it has no neighbours, and where there is nothing there are no pages."""
    page, per = paging_in(values)
    pages = -(-total // per)
    return {
        "current_page": page,
        "next_page": page + 1 if page < pages else None,
        "prev_page": page - 1 if 1 < page <= pages else None,
        "total_pages": pages,
        "total_count": total,
    }


def feed(asked: Asked, data: Data) -> bytes:
    """The usage feed: the rows first, then a `pagination` of its own kind."""
    ((name, connection),) = data.items()
    page = page_in(connection)
    number, per = paging_in(asked.values)
    pagination = {
        "current_page": number,
        "per_page": per,
        "total_pages": -(-page.total // per),
        "total_count": page.total,
    }
    return b'{"%b":%b,"pagination":%b}' % (name.encode(), page.rows, written(pagination))


def paging_in(values: Values) -> tuple[int, int]:
    """The page that is asked for, and how many rows it has."""
    page, per = values["page"], values["per"]
    if not isinstance(page, int) or not isinstance(per, int):
        raise TypeError("A list has the parameters page and per.")
    return page, per


def me(_asked: Asked, data: Data) -> bytes:
    """The person who asks: the person's own members, the privileges in their documented place, then what is around."""
    viewer: dict[str, Any] = orjson.loads(encode(data["viewer"]))
    person, privileges = viewer.pop("person"), viewer.pop("privileges")
    if person is None:
        raise Refused(Problem(HTTPStatus.NOT_FOUND, "This token shows demo rows only, and you are none.", "not_demo"))
    members = {**person, **viewer}
    last = next(name for name in BEFORE_PRIVILEGES if name in members)
    placed: dict[str, object] = {}
    for name, value in members.items():
        placed[name] = value
        if name == last:
            placed["privileges"] = privileges
    return orjson.dumps(placed)


def me_document(viewer: Viewer) -> str:
    """Students are shown with school, grade and groups; system operators belong to no organization."""
    if viewer.student_id is not None:
        return "me_student"
    placed = any(place.organization_id is not None for place in viewer.places)
    return "me_staff" if placed else "me_administrator"


def updated(_asked: Asked, data: Data) -> bytes:
    """The documented answer to a change: the text 200; what the user must mend instead is a 422."""
    (payload,) = data.values()
    mistakes = payload["userErrors"] if isinstance(payload, dict) else ()
    for mistake in mistakes:
        code = str(mistake["code"]).lower()
        raise Refused(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(mistake["message"]), code))
    return written({"message": "200"})


def written(content: Mapping[str, object]) -> bytes:
    """JSON by the standard library, because a page may be asked for by a number that no other writes."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
