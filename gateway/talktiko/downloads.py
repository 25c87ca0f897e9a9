"""The file of an export over HTTP: whole, or a part of it (RFC 9110, 14)."""

import base64
import re
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from db.exports import File
from gateway.doors.door import Asked, Data
from gateway.doors.problems import Problem, Refused
from gateway.parts import Parts
from gateway.talktiko.envelope import missing
from resolvers.context import Request as Asking
from resolvers.engine.execution import encode
from resolvers.exports.files import stored_file
from resolvers.exports.store import Missing, Store

# One range of bytes; who asks for several gets the whole file, as RFC 9110 allows.
RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")
MEDIA = {
    ("csv", "utf-8-sig"): "text/csv; charset=utf-8; header=present",
    ("csv", "utf-8"): "text/csv; charset=utf-8; header=present",
    ("csv", "cp932"): "text/csv; charset=windows-31j; header=present",
    ("jsonl", "utf-8"): "application/x-ndjson",
}
NOT_YET = "The export is not completed: its status is {status}."
GONE = "The file is not kept any more."


class Part(NamedTuple):
    """Bytes of a file, from `start` up to `end`, which is not among them."""

    start: int
    end: int


async def download(asked: Asked, asking: Asking, data: Data) -> Response:
    """The file of an export; 404 for no such export, 409 before there is a file, 410 when it is gone."""
    export = orjson.loads(encode(data["export"]))
    if export is None:
        raise missing()
    refuse_without_file(export["status"])
    file = await stored_file(asking, export["id"])
    if file is None:
        raise Refused(Problem(HTTPStatus.GONE, GONE, "export_expired"))
    parts: Parts = asked.request.app.state.parts
    return await answer(asked.request, parts.store, file, headers_of(export, file))


def refuse_without_file(status: str) -> None:
    """Only a completed export has a file; of one that had it, the file is gone."""
    if status == "expired":
        raise Refused(Problem(HTTPStatus.GONE, GONE, "export_expired"))
    if status != "completed":
        raise Refused(Problem(HTTPStatus.CONFLICT, NOT_YET.format(status=status), "export_not_ready"))


async def answer(request: Request, store: Store, file: File, headers: Mapping[str, str]) -> Response:
    """As much of the file as is asked for."""
    tag = headers["ETag"]
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        same = {name: headers[name] for name in ("ETag", "Cache-Control")}
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=same)
    if request.headers.get("if-range", tag) != tag or (part := part_of(request, file.size)) is None:
        return await sent(request, store, file, Part(0, file.size), headers)
    if part.start >= part.end:
        unmet = {"Content-Range": f"bytes */{file.size}"}
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=unmet)
    return await sent(request, store, file, part, headers)


def part_of(request: Request, size: int) -> Part | None:
    """The part that is asked for, empty where there is no such part; None for the whole."""
    found = RANGE.fullmatch(request.headers.get("range", ""))
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        return Part(max(0, size - int(suffix)), size if int(suffix) else 0)
    if last and int(last) < int(first):
        return None
    return Part(int(first), min(size, int(last) + 1) if last else size)


async def sent(request: Request, store: Store, file: File, part: Part, headers: Mapping[str, str]) -> Response:
    """The answer with these bytes, as they come from the store."""
    length = {"Content-Length": str(part.end - part.start)}
    status = HTTPStatus.OK
    if part != (0, file.size):
        status = HTTPStatus.PARTIAL_CONTENT
        length["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{file.size}"
    found = {**headers, **length}
    if request.method == "HEAD" or part.start == part.end:
        return Response(status_code=status, headers=found)
    return StreamingResponse(await bytes_of(store, file, part), status, headers=found)


async def bytes_of(store: Store, file: File, part: Part) -> AsyncIterator[bytes]:
    """The bytes of a part; 410 where somebody has just cleared the file away."""
    try:
        return await store.read(file.name, part.start, part.end)
    except Missing:
        raise Refused(Problem(HTTPStatus.GONE, GONE, "export_expired")) from None


def headers_of(export: Mapping[str, Any], file: File) -> dict[str, str]:
    """What is told of the file: what it is, how it may be called, and by what its bytes are known (RFC 9530)."""
    name = f"{export['type']}-{export['id']}.{export['format']}"
    digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
    return {
        "Content-Type": MEDIA[export["format"], export["encoding"]],
        "Content-Disposition": f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}",
        "ETag": f'"{file.sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
