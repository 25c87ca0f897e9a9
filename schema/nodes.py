"""Objects by their global ids (Relay), and by the numbers and codes of the REST era."""

import strawberry

from schema.declare import REQUIRED, Argument, root_legacy, root_named

MOST_IDS = 100


@strawberry.interface(description="An object with a global id, by which it is found again.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Global id: base64 of the type and the key. The same in every field that shows this object."
    )


@strawberry.type
class NodeQueries:
    node: Node | None = root_named(
        "The object with this global id; null where there is none that you may see. It takes what the list of its type"
        " takes: the operation in the role matrix and, for an API token, the ability.",
        argument=Argument("id", strawberry.ID, "The global id.", REQUIRED),
        most=1,
    )
    nodes: list[Node | None] = root_named(
        "The objects with these global ids, in their order; null in the place of each that you may not see. An id that"
        " is refused has its error there, and the others are answered.",
        argument=Argument("ids", list[strawberry.ID], "The global ids: at most 100.", REQUIRED),
        most=MOST_IDS,
    )
    legacy_node: Node | None = root_legacy(
        "The object of a type by its number or code of the REST API; null where there is none that you may see.",
        arguments=(
            Argument("type", str, "The type, such as Student.", REQUIRED),
            Argument("legacy_id", int | None, "What the type shows as `legacyId`."),
            Argument("code", str | None, "Instead of the number: a code that is unique, as those of schools are."),
        ),
    )
