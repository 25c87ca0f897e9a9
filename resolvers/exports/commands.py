"""Commands on exports: ask for one, and let one go."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from db import exports as rows
from db.exports import ENCODINGS, exports
from db.japan import JAPAN
from resolvers.context import Request, Viewer
from resolvers.errors import BadInput, Forbidden, LimitExceeded
from resolvers.integrations import abilities_of, allowed, own_organization
from resolvers.policy import Operation
from resolvers.text import text

DOCUMENT = "document"
# So many may wait or be made for one person at the same time.
MOST_UNFINISHED = 10
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported: one of the documented lists of so many days, or what a document lists."""

    type: str
    format: str = "csv"
    encoding: str | None = None
    document: str | None = None
    variables: Mapping[str, object] | None = None
    since: date | None = None
    until: date | None = None
    course: str | None = None
    organization_legacy_id: int | None = None

    @property
    def narrowing(self) -> dict[str, object]:
        """What narrows one of the documented lists, as far as it is given."""
        given = {
            "since": self.since,
            "until": self.until,
            "course": self.course,
            "organization": self.organization_legacy_id,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def values(self) -> dict[str, object]:
        """The variables of the document: those given, or for the documented lists those that narrow them.

        Days are Japan's, and both are included.
        """
        if self.type == DOCUMENT:
            return dict(self.variables or {})
        found = {name: value for name, value in self.narrowing.items() if name not in ("since", "until")}
        days = {"since": self.since, "until": self.until}
        found |= {name: day.isoformat() for name, day in days.items() if day is not None}
        instants = {"from": begins(self.since), "to": ends(self.until)}
        return found | {name: at.isoformat() for name, at in instants.items() if at is not None}

    @property
    def written(self) -> str:
        """The encoding of the file."""
        return self.encoding or ("utf-8" if self.format == "jsonl" else ENCODINGS[0])


def begins(day: date | None) -> datetime | None:
    """The first instant of a day."""
    return None if day is None else datetime.combine(day, time.min, JAPAN)


def ends(day: date | None) -> datetime | None:
    """The last instant of a day that the tables tell apart; the last day of all has one too."""
    return None if day is None else datetime.combine(day, time.max, JAPAN)


def refuse_senseless(request: Request, wanted: Wanted) -> Viewer:
    """Who may ask for exports, and whether the members of a wish fit together: before anything is planned for it."""
    path = "Mutation.startExport"
    viewer = allowed(request, Operation.MANAGE_EXPORTS, path)
    if wanted.type == DOCUMENT:
        refuse_document(request, viewer, wanted)
    elif wanted.document is not None or wanted.variables is not None:
        raise BadInput("A document goes with the type document alone.", reason="export_document", field="document")
    if wanted.since is not None and wanted.until is not None and wanted.since > wanted.until:
        raise BadInput("The first day is after the last one.", reason="export_days", field="since")
    if wanted.format == "jsonl" and wanted.written != "utf-8":
        raise BadInput("JSON Lines are UTF-8 without a mark.", reason="export_encoding", field="encoding")
    return viewer


def refuse_document(request: Request, viewer: Viewer, wanted: Wanted) -> None:
    """A document is given, and nothing that narrows the other lists; nobody may who runs registered ones alone."""
    if not wanted.document:
        raise BadInput("Give the document that lists what to export.", reason="export_document", field="document")
    text(wanted.document)
    if wanted.narrowing:
        name = next(iter(wanted.narrowing))
        raise BadInput(
            "A document says itself which rows it lists: use its variables.", reason="export_document", field=name
        )
    if viewer.documents_only or request.documents_only:
        raise Forbidden(
            "Here registered documents alone are run, and none can be exported.",
            reason="documents_only",
            field="document",
        )


async def start_export(request: Request, wanted: Wanted) -> int:
    """Queue an export; gives its number. LimitExceeded where too many of the viewer's are under way."""
    viewer = refuse_senseless(request, wanted)
    values = {
        # What becomes of it is told there.
        "organization_id": own_organization(viewer, Operation.EVENTS),
        "owner_id": viewer.user_id,
        "abilities": abilities_of(viewer),
        "type": wanted.type,
        "document": wanted.document,
        "variables": wanted.values,
        "format": wanted.format,
        "encoding": wanted.written,
    }
    async with request.writing() as transaction:
        if await rows.unfinished(transaction, viewer.user_id) >= MOST_UNFINISHED:
            raise LimitExceeded(
                f"{MOST_UNFINISHED} exports of yours are under way. Wait for one, or cancel it.",
                reason="exports_under_way",
            )
        return await rows.add(transaction, values, now=request.now)


async def cancel_export(request: Request, id_: int) -> int | None:
    """Cancel one of one's own exports, or let the file of a finished one go; None where there is no such one."""
    viewer = allowed(request, Operation.MANAGE_EXPORTS, "Mutation.cancelExport")
    this = (exports.c.id == id_) & (exports.c.owner_id == viewer.user_id)
    async with request.writing() as transaction:
        canceled = await rows.cancel(transaction, this, request.now)
        return canceled or await rows.remove(transaction, this, request.now)
