"""The operations on imports of members: a file is sent, planned, looked at, applied."""

from http import HTTPStatus
from typing import Any

import orjson

from gateway.doors.door import Asked, Data, Door
from gateway.doors.kinds import Choice, Flag, Integer, Text
from gateway.doors.parameters import Parameter
from gateway.doors.problems import Problem, Refused
from gateway.talktiko.envelope import missing, plain, refuse_mistakes, within
from gateway.talktiko.parameters import DELETE, GET, PAGING, POST

BULK = "/institutions/{id}/members/bulk"
IMPORT = f"{BULK}/{{import}}"
OF_INSTITUTION = Parameter("id", Integer(1), required=True, in_path=True)
OF_IMPORT = Parameter("import", Integer(1), required=True, in_path=True)
# The file itself is taken from the request; in JSON it is a text.
CSV = Parameter("csv", Text(), sent=False)
ACTIONS = ("created", "updated", "deactivated", "unchanged", "skipped", "failed")
# What an import is not asked in the state that it is in.
CONFLICTS = ("IMPORT_BLOCKED", "IMPORT_NOT_PLANNED", "IMPORT_ENDED")


def started(_asked: Asked, data: Data) -> bytes:
    """An import that was begun, or goes on."""
    return orjson.dumps({"data": decided(data)["memberImport"]})


def canceled(_asked: Asked, data: Data) -> bytes:
    """Nothing; 404 where there was no such import, 409 where it had ended."""
    decided(data)
    return b""


def decided(data: Data) -> Any:  # noqa: ANN401  # JSON has no types
    """What came of it; 422 for a file that is none, 409 for a wrong moment, 404 where there is no such import."""
    (payload,) = map(plain, data.values())
    mistakes = payload["userErrors"]
    if mistakes and mistakes[0]["code"] in CONFLICTS:
        raise Refused(Problem(HTTPStatus.CONFLICT, mistakes[0]["message"], mistakes[0]["code"].lower()))
    refuse_mistakes(mistakes)
    if payload["memberImport"] is None:
        raise missing()
    return payload


def shown(_asked: Asked, data: Data) -> bytes:
    """An import, its first errors, and the first rows of which something comes."""
    found = plain(data["memberImport"])
    if found is None:
        raise missing()
    found["errors"] = found["errors"]["nodes"]
    return orjson.dumps({"data": found})


IMPORT_DOORS = (
    Door(
        "Bulk import members from CSV",
        POST,
        BULK,
        (OF_INSTITUTION, Parameter("mode", Choice(("upsert", "mirror"))), Parameter("dry_run", Flag()), CSV),
        "start_import",
        started,
        status=HTTPStatus.ACCEPTED,
        creates=True,
        takes_file=True,
    ),
    Door("Get a bulk import", GET, IMPORT, (OF_INSTITUTION, OF_IMPORT), "import", shown),
    Door(
        "List the rows of a bulk import",
        GET,
        f"{IMPORT}/rows",
        (*PAGING, OF_INSTITUTION, OF_IMPORT, Parameter("action", Choice(ACTIONS))),
        "import_rows",
        within("rows"),
    ),
    Door(
        "List what is wrong in a bulk import",
        GET,
        f"{IMPORT}/errors",
        (*PAGING, OF_INSTITUTION, OF_IMPORT),
        "import_errors",
        within("errors"),
    ),
    Door(
        "Apply a bulk import that is planned",
        POST,
        f"{IMPORT}/apply",
        (OF_INSTITUTION, OF_IMPORT, Parameter("confirmed", Flag())),
        "apply_import",
        started,
        status=HTTPStatus.ACCEPTED,
    ),
    Door(
        "Cancel a bulk import",
        DELETE,
        IMPORT,
        (OF_INSTITUTION, OF_IMPORT),
        "cancel_import",
        canceled,
        status=HTTPStatus.NO_CONTENT,
    ),
)
