"""The documents in files, as people write them and as build tools leave them."""

import json
from dataclasses import dataclass
from pathlib import Path

from gateway.persisted.named import HASH, PREFIX, hash_of


@dataclass(frozen=True, slots=True)
class Written:
    """A document, and where it stands: the file, and in a manifest the id."""

    place: str
    source: str


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a file, or a document in it, is refused."""

    place: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        where = self.place if self.line is None else f"{self.place}:{self.line}"
        return f"{where}: {self.reason}"


Found = Written | Misfit


def documents_at(path: Path) -> list[Found]:
    """What a file holds, or all .graphql files of a folder and those below it; never nothing."""
    if path.is_dir():
        files = sorted(path.rglob("*.graphql"))
        found = [one for file in files for one in documents_at(file)]
        return found or [Misfit(str(path), "There is no .graphql file in this folder.")]
    if path.suffix not in (".graphql", ".json"):
        return [Misfit(str(path), "Give .graphql files, folders of them, or a manifest in .json.")]
    try:
        # Read as bytes, so that the text, and with it the hash, keeps its own ends of lines.
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return [Misfit(str(path), "The file is not UTF-8.")]
    return manifest(str(path), text) if path.suffix == ".json" else [Written(str(path), text)]


def manifest(place: str, text: str) -> list[Found]:
    """The documents of a manifest: an object of ids and texts, as Relay and GraphQL Code Generator write it."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return [Misfit(place, "The file is no JSON.")]
    if not isinstance(entries, dict) or not entries:
        return [Misfit(place, "A manifest is an object of ids and texts, with at least one.")]
    return [entry(f"{place} [{id_}]", id_, source) for id_, source in entries.items()]


def entry(place: str, id_: str, source: object) -> Found:
    """One document of a manifest, its id held against its text."""
    if not isinstance(source, str) or any("\ud800" <= character <= "\udfff" for character in source):
        return Misfit(place, "The text of this id is no text.")
    if HASH.fullmatch(id_.removeprefix(PREFIX)) is None:
        return Misfit(place, "The id is no SHA-256 of 64 hexadecimal digits: set your tool's hash algorithm to sha256.")
    if id_.removeprefix(PREFIX) != hash_of(source):
        return Misfit(place, f"The id is not the hash of its text, which is {PREFIX}{hash_of(source)}.")
    return Written(place, source)
