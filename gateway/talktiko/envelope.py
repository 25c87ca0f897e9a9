"""What the Talktiko API wraps around its answers, key by key as documented."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson

from gateway.doors.door import Asked, Data, Wrap
from gateway.doors.pages import connection_in, page_in
from gateway.doors.problems import Problem, Refused
from gateway.talktiko.paginator import Address, paginated
from resolvers.engine.execution import encode
from resolvers.lti.pushing import CONFLICTS

NOT_THERE = "There is no such thing within your reach."


def collection(asked: Asked, data: Data) -> bytes:
    """A list as Laravel pages it."""
    (connection,) = data.values()
    page = page_in(connection)
    number, size = asked.values["page"], asked.values["per_page"]
    if not isinstance(number, int) or not isinstance(size, int):
        raise TypeError("A list has the parameters page and per_page.")
    address = Address(asked.url, tuple(asked.query))
    return paginated(page.rows, total=page.total, page=number, per_page=size, address=address)


def resource(_asked: Asked, data: Data) -> bytes:
    """One object, or a short list; 404 where there is none."""
    (found,) = data.values()
    if found is None:
        raise missing()
    return b'{"data":%b}' % encode(found)


def trial(_asked: Asked, data: Data) -> bytes:
    """The trial of the viewer."""
    return orjson.dumps({"data": plain(data["viewer"])["trial"]})


def me(_asked: Asked, data: Data) -> bytes:
    """Who asks."""
    return orjson.dumps({"data": person(plain(data["viewer"]))})


def person(viewer: Mapping[str, Any]) -> dict[str, Any]:
    """A person as one flat object, its keys in the documented order."""
    return {
        **viewer["account"],
        "roles": viewer["roles"],
        "institution": viewer["institution"],
        "plan": viewer["plan"],
        "abilities": viewer["abilities"],
        "trial_ends_at": viewer["trial"]["ends_at"],
    }


def signed_in(_asked: Asked, data: Data) -> bytes:
    """A token and whose it is; 422 for wrong credentials."""
    payload = plain(data["signIn"])
    refuse_mistakes(payload["userErrors"])
    answer = {"token": payload["token"], "token_type": "Bearer", "expires_at": payload["expires_at"]}
    return orjson.dumps({**answer, "user": person(payload["user"])})


def created_token(_asked: Asked, data: Data) -> bytes:
    """A token that was made, and its text, which is shown this once."""
    payload = plain(data["createApiToken"])
    refuse_mistakes(payload["userErrors"])
    return orjson.dumps({"data": payload["token"], "plainTextToken": payload["plainTextToken"]})


def revoked_token(_asked: Asked, data: Data) -> bytes:
    """Nothing; 404 where there was no such token."""
    if not plain(data["revokeApiToken"])["revoked"]:
        raise Refused(Problem(HTTPStatus.NOT_FOUND, "You have no such token.", "not_found"))
    return b""


def within(name: str) -> Wrap:
    """A list below one object, as Laravel pages it; 404 where there is no such object."""

    def wrapped(asked: Asked, data: Data) -> bytes:
        (found,) = data.values()
        if found is None:
            raise missing()
        return collection(asked, {name: connection_in(found, name)})

    return wrapped


def short_list(name: str) -> Wrap:
    """A whole list below one object; 404 where there is no such object."""

    def wrapped(_asked: Asked, data: Data) -> bytes:
        (found,) = map(plain, data.values())
        if found is None:
            raise missing()
        return orjson.dumps({"data": found[name]})

    return wrapped


def export(asked: Asked, data: Data) -> bytes:
    """An export; 404 where there is none."""
    (found,) = map(plain, data.values())
    if found is None:
        raise missing()
    return orjson.dumps({"data": with_address(asked, found)})


def exports(asked: Asked, data: Data) -> bytes:
    """A page of exports."""
    found = plain(data["exports"])
    rows = [with_address(asked, one) for one in found["nodes"]]
    return collection(asked, {"exports": {**found, "nodes": rows}})


def with_address(asked: Asked, found: Mapping[str, Any]) -> dict[str, Any]:
    """An export with the whole address of its file, as clients outside of browsers need it."""
    path = found["download_url"]
    return {**found, "download_url": None if path is None else f"{asked.origin}{path}"}


def started_export(_asked: Asked, data: Data) -> bytes:
    """An export that was queued."""
    return orjson.dumps({"data": plain(data["startExport"])["export"]})


def canceled_export(_asked: Asked, data: Data) -> bytes:
    """Nothing; 404 where there was no such export, or nothing to cancel."""
    if plain(data["cancelExport"])["export"] is None:
        raise missing()
    return b""


def webhook(_asked: Asked, data: Data) -> bytes:
    """A webhook as it is after a change, with its secret where it has a new one; 404 where there is none."""
    (payload,) = map(plain, data.values())
    refuse_mistakes(payload["userErrors"])
    if payload["webhook"] is None:
        raise missing()
    secret = {"secret": payload["secret"]} if "secret" in payload else {}
    return orjson.dumps({"data": {**payload["webhook"], **secret}})


def upstream(_asked: Asked, data: Data) -> bytes:
    """An upstream as it is after a change; 404 where there is none."""
    (payload,) = map(plain, data.values())
    refuse_mistakes(payload["userErrors"])
    if payload["upstream"] is None:
        raise missing()
    return orjson.dumps({"data": payload["upstream"]})


def endpoint(_asked: Asked, data: Data) -> bytes:
    """An xAPI endpoint as it is after a change; 404 where there is none."""
    (payload,) = map(plain, data.values())
    # REST gives credentials beside everything else, and not as an object of their own.
    refuse_mistakes([{**mistake, "field": mistake["field"][-1:]} for mistake in payload["userErrors"]])
    if payload["endpoint"] is None:
        raise missing()
    return orjson.dumps({"data": payload["endpoint"]})


def pushed_grade(_asked: Asked, data: Data) -> bytes:
    """A grade that was queued; 404 where there is no such launch, 409 where no grade can be sent for it."""
    (payload,) = map(plain, data.values())
    mistakes = payload["userErrors"]
    if mistakes and mistakes[0]["code"] in CONFLICTS:
        raise Refused(Problem(HTTPStatus.CONFLICT, mistakes[0]["message"], mistakes[0]["code"].lower()))
    refuse_mistakes(mistakes)
    if payload["score"] is None:
        raise missing()
    return orjson.dumps({"data": payload["score"]})


def delivery(_asked: Asked, data: Data) -> bytes:
    """The number of what was queued; 404 where there is nothing to deliver."""
    (payload,) = map(plain, data.values())
    refuse_mistakes(payload["userErrors"])
    if payload["delivery"] is None:
        raise missing()
    return orjson.dumps({"data": payload["delivery"]})


def replayed(_asked: Asked, data: Data) -> bytes:
    """How much was queued again; 404 where there is no such webhook."""
    (payload,) = map(plain, data.values())
    refuse_mistakes(payload.pop("userErrors"))
    if not payload.pop("found"):
        raise missing()
    return orjson.dumps({"data": payload})


def deleted(_asked: Asked, data: Data) -> bytes:
    """Nothing; 404 where there was no such thing."""
    (payload,) = map(plain, data.values())
    if not payload["deleted"]:
        raise missing()
    return b""


def missing() -> Refused:
    """The refusal of what is not there, or not for this caller."""
    return Refused(Problem(HTTPStatus.NOT_FOUND, NOT_THERE, "not_found"))


def refuse_mistakes(mistakes: Sequence[Mapping[str, Any]]) -> None:
    """422 with the messages of each parameter, called as REST calls it."""
    errors: dict[str, list[str]] = {}
    for mistake in mistakes:
        errors.setdefault(snake(mistake["field"][0]), []).append(mistake["message"])
    if errors:
        raise Refused(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "", mistakes[0]["code"].lower(), errors=errors))


def snake(name: str) -> str:
    """A name of the graph as REST spells it: expiresAt is expires_at."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def plain(found: object) -> Any:  # noqa: ANN401  # JSON has no types
    """What the graph gave, as plain values: texts that are already written are read again."""
    return orjson.loads(encode(found))
