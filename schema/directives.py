"""The directives by which the graph itself says what a field costs (after the Cost Directives draft of GraphQL)."""

import strawberry
from strawberry.schema_directive import Location

# A list without pages is short by nature.
LISTED = 10
# What a change costs beside the objects that it shows.
CHANGE = 10


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="What resolving this field costs in points, beside a point for each object that it shows.",
)
class Cost:
    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description=(
        "How many objects this list counts as: the largest of its slicing arguments, else the assumed size. A page"
        " counts once, whichever of its sized fields are asked for. Lists that say nothing count as ten."
    ),
)
class ListSize:
    assumed_size: int
    slicing_arguments: list[str] | None = strawberry.UNSET
    sized_fields: list[str] | None = strawberry.UNSET
    require_one_slicing_argument: bool | None = strawberry.UNSET


def costs(weight: int) -> list[Cost]:
    """The directives of a field that is dearer than others."""
    return [Cost(weight=str(weight))]
