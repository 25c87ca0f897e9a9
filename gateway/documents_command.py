"""The commands about registered documents: kakehashi documents register, list, remove, check.

They end with 0 where it was done, 1 where it was not, 2 for a wrong argument or setting, 3 where documents do not fit.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from db.connections.database import Database
from db.documents import Registered, every_document, register, remove
from gateway.persisted.files import Found, Misfit, documents_at
from gateway.persisted.named import HASH, PREFIX, hash_of
from gateway.terminal import err, migrated_settings, out, run, stop, with_database
from schema.execution import Execution
from schema.registering import examined
from schema.root import Graph

UNFIT = 3
MOST_POINTS = 1_000_000

documents_cli = typer.Typer(
    help="Documents that clients run by the hash of their text: register, list, remove, check.", no_args_is_help=True
)


@documents_cli.command("register")
def register_documents(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, help=".graphql files, folders of them, and manifests {id: text} in .json."),
    ],
    cost_limit: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_POINTS, help="The most points that each may cost, in place of the general limit."),
    ] = None,
) -> None:
    """Register documents, all of them or none; one that is registered already takes the cost limit that is told now."""
    settings = migrated_settings()
    documents, misfits = fitting([found for path in files for found in documents_at(path)], cost_limit)
    if misfits:
        refuse(misfits, "Nothing was registered.")
    run(with_database(settings, lambda database: keep(database, documents)))
    for document in documents:
        sys.stdout.write(f"{PREFIX}{document.sha256} {document.operation or '-'}\n")
    err.print(f"Documents registered: {len(documents)}.", highlight=False)


@documents_cli.command("list")
def list_documents(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print JSON, texts included.")] = False
) -> None:
    """Print the registered documents: id, cost limit, when they were registered, and the name of the operation."""
    documents = run(with_database(migrated_settings(), every_document))
    if as_json:
        sys.stdout.write(json.dumps([printed(document) for document in documents], ensure_ascii=False, indent=2) + "\n")
        return
    for document in documents:
        limit, day = document.cost_limit or "-", document.registered_at.isoformat(timespec="seconds")
        sys.stdout.write(f"{PREFIX}{document.sha256} {limit:>7} {day} {document.operation or '-'}\n")


@documents_cli.command("remove")
def remove_documents(
    ids: Annotated[list[str], typer.Argument(help="Their ids, sha256:…, as list prints them.")],
) -> None:
    """Remove documents, all of them or none; processes that run notice it within ten seconds."""
    hashes = list(dict.fromkeys(id_.removeprefix(PREFIX) for id_ in ids))
    for sha256 in hashes:
        if HASH.fullmatch(sha256) is None:
            raise typer.BadParameter(f"{sha256} is no id: give sha256: and 64 hexadecimal digits in lower case.")
    unknown = run(with_database(migrated_settings(), lambda database: forget(database, hashes)))
    if unknown:
        stop("\n".join(f"{PREFIX}{sha256} is not registered." for sha256 in unknown) + "\nNothing was removed.")
    out.print(f"Documents removed: {len(hashes)}.", highlight=False)


@documents_cli.command("check")
def check_documents() -> None:
    """Say which registered documents do not fit the graph of this version any more."""
    documents = run(with_database(migrated_settings(), every_document))
    execution = Execution(Graph(stepwise=False))
    misfits = [
        Misfit(f"{PREFIX}{document.sha256} ({document.operation or '-'})", fault.reason, fault.line)
        for document in documents
        for fault in examined(execution, document.source).faults
    ]
    if misfits:
        refuse(
            misfits, "These documents are not run until they are registered anew, or the graph has what they ask for."
        )
    out.print(f"All {len(documents)} documents fit the graph.", highlight=False)


def fitting(found: Sequence[Found], cost_limit: int | None) -> tuple[list[Registered], list[Misfit]]:
    """The documents as they are kept, each once, and what stands against any of them."""
    execution, now = Execution(Graph(stepwise=False)), datetime.now(UTC)
    documents: dict[str, Registered] = {}
    misfits: list[Misfit] = []
    for one in found:
        if isinstance(one, Misfit):
            misfits.append(one)
            continue
        seen = examined(execution, one.source)
        misfits += [Misfit(one.place, fault.reason, fault.line) for fault in seen.faults]
        sha256 = hash_of(one.source)
        documents[sha256] = Registered(sha256, one.source, seen.operation, cost_limit, now)
    return list(documents.values()), misfits


async def keep(database: Database, documents: Sequence[Registered]) -> None:
    """Register documents in one transaction."""
    async with database.writing() as transaction:
        await register(transaction, documents)


async def forget(database: Database, hashes: Sequence[str]) -> list[str]:
    """Remove documents in one transaction; gives those that are unknown, and then none was removed."""
    known = {document.sha256 for document in await every_document(database)}
    unknown = [sha256 for sha256 in hashes if sha256 not in known]
    if not unknown:
        async with database.writing() as transaction:
            await remove(transaction, hashes)
    return unknown


def printed(document: Registered) -> dict[str, Any]:
    """A document as JSON shows it."""
    return {
        "id": f"{PREFIX}{document.sha256}",
        "operation": document.operation,
        "costLimit": document.cost_limit,
        "registeredAt": document.registered_at.isoformat(),
        "source": document.source,
    }


def refuse(misfits: Sequence[Misfit], outcome: str) -> NoReturn:
    """End the command with a line for each misfit."""
    stop("\n".join([*map(str, misfits), outcome]), UNFIT)
