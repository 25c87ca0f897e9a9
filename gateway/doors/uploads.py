"""Files that requests bring: as a part of a form (RFC 7578), as the body, or as a text in JSON.

Beside a file that is the body, parameters stand in the query.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from hashlib import sha256
from http import HTTPStatus

import orjson
from starlette.requests import Request

from gateway.doors.query import pairs_in
from gateway.json_body import WrongBody, json_body, limited, read_object
from resolvers.uploads import File

MOST_BYTES = 10 * 1024 * 1024
FORM, FIELD, TEXT = "multipart/form-data", "file", "csv"
FILES = ("text/csv", "application/zip", "application/x-zip-compressed")
MOST_PARTS = 20
TAKEN = "Send the file as text/csv or application/zip, as the field file of multipart/form-data, or as csv in JSON."


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file, if one was sent; the parameters beside it, as a body of JSON; and what tells one upload from another."""

    file: File | None
    body: bytes
    claimed: bytes


def sent_with(file: File, fields: Mapping[str, str]) -> Uploaded:
    """A file and the fields beside it, the same whatever boundary a form has."""
    claimed = sha256(file.content).digest() + orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    return Uploaded(file, orjson.dumps(fields), claimed)


def sent_in(body: bytes) -> Uploaded:
    """A list as a text in JSON."""
    text = read_object(body).get(TEXT) if body else None
    # Half a character, which JSON can send, is one that no encoding knows.
    file = File(text.encode("utf-8", "surrogatepass"), "utf-8") if isinstance(text, str) and text else None
    return Uploaded(file, body, body)


async def uploaded(request: Request) -> Uploaded:
    """The file of a request; WrongBody with 400, 413, 415 or 422 for a body that brings none."""
    told = request.headers.get("content-type", "")
    media_type = told.partition(";")[0].strip().lower()
    if media_type == "application/json":
        return sent_in(await json_body(request))
    if media_type not in (FORM, *FILES):
        raise WrongBody(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, TAKEN)
    body = await limited(request, MOST_BYTES)
    asked = dict(pairs_in(request.scope["query_string"]))
    if media_type != FORM:
        return sent_with(File(body, charset_in(told)), asked)
    # A form is looked through byte by byte, beside the event loop.
    file, fields = await asyncio.to_thread(form_in, told, body)
    return sent_with(file, {**asked, **fields})


def form_in(told: str, body: bytes) -> tuple[File, dict[str, str]]:
    """The file and the fields of a form."""
    head = f"Content-Type: {told}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if not 0 < len(parts) <= MOST_PARTS or message.defects:
        raise WrongBody(HTTPStatus.BAD_REQUEST, "The body is no form that can be read.")
    fields: dict[str, str] = {}
    file: File | None = None
    for part in parts:
        name, content = name_of(part), content_of(part)
        if name == FIELD and file is None:
            file = File(content, charset_in(str(part.get("content-type", ""))))
        elif name == FIELD or name in fields:
            raise WrongBody(HTTPStatus.BAD_REQUEST, "The form has a field twice.")
        else:
            fields[name] = content.decode("utf-8", "replace")
    if file is None:
        raise WrongBody(HTTPStatus.UNPROCESSABLE_ENTITY, "The form has no field file.")
    return file, fields


def name_of(part: Message) -> str:
    """The name of a field."""
    return str(part.get_param("name", "", "content-disposition"))


def content_of(part: Message) -> bytes:
    """The bytes of a field."""
    found = None if part.is_multipart() else part.get_payload(decode=True)
    if not isinstance(found, bytes):
        raise WrongBody(HTTPStatus.BAD_REQUEST, "A field of the form is a message of its own.")
    return found


def charset_in(content_type: str) -> str | None:
    """The encoding that a sender names."""
    message = Message()
    message["content-type"] = content_type
    found = message.get_param("charset")
    return found if isinstance(found, str) else None
