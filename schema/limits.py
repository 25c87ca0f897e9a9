"""The limits that a document is held to before it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may consist of; fragments count wherever they are spread.

    `fields`, `aliases` and `directives` are counted over the whole operation, `root_fields` at its root, `repeated` is
    how often one selection may name the same thing, and `validation` how much work comparing fields may be.
    """

    source_bytes: int = 32 * 1024
    tokens: int = 2000
    fragments: int = 50
    depth: int = 12
    # Introspection leads through wrapped types only, and graphql-core bounds the lists in it.
    introspection_depth: int = 20
    root_fields: int = 20
    fields: int = 5000
    aliases: int = 30
    directives: int = 50
    repeated: int = 50
    validation: int = 20_000
    points: int = 5000


LIMITS = Limits()
