"""What a webhook would send, shown to its owner and sent to nobody."""

from dataclasses import replace
from typing import Annotated, Any, cast

import strawberry
from graphql import GraphQLSchema
from strawberry.scalars import JSON
from strawberry.types import Info

from db.json_text import Moments
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.policy import Operation
from resolvers.webhooks.dry_runs import Draft, Dry, drafted, happened
from schema.declare import needs
from schema.limits import LIMITS
from schema.mistakes import UserError, user_errors
from schema.payload_documents import document_mistakes
from schema.reading import read
from schema.shaping import shaped_by
from schema.webhooks import DOCUMENT, EVENTS, SECRET

NO_PAYLOAD = Mistake(
    ("document",), "NO_PAYLOAD", "The payload document gives nothing: you may not read what it asks for."
)


@strawberry.type(description="What would be sent.")
class DryRunPayload:
    found: bool = strawberry.field(description="Whether there is such a webhook within your reach.")
    body: str | None = strawberry.field(description="The body, byte for byte.")
    headers: JSON | None = strawberry.field(
        description="The headers beside those of HTTP itself; time and signatures are those of this moment."
    )
    event_type: str | None = strawberry.field(description="What it is about, such as lesson.completed, or ping.")
    seq: str | None = strawberry.field(description="The number of the event; null for a ping.")
    wanted: bool | None = strawberry.field(description="Whether the webhook asks for events of this type.")
    secret: str | None = strawberry.field(
        description="The secret that signed, where there is no webhook; null where the webhook's own did."
    )
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing is shown.")


@strawberry.type
class DryRunMutations:
    @strawberry.mutation(
        description="Show what a webhook of yours would send, or one that you describe, and send nothing: for an event"
        " that has happened, or for a ping.",
        metadata=needs(Operation.MANAGE_WEBHOOKS),
    )
    async def dry_run_webhook(  # the arguments of the field
        self,
        info: Info[Request, None],
        legacy_id: Annotated[
            int | None, strawberry.argument(description="The number of the webhook; one that is described unless told.")
        ] = None,
        events: Annotated[
            list[str] | None, strawberry.argument(description=f"{EVENTS} The webhook's own, or all, unless told.")
        ] = None,
        document: Annotated[
            str | None, strawberry.argument(description=f"{DOCUMENT} The webhook's own unless told; empty for none.")
        ] = None,
        secret: Annotated[str | None, strawberry.argument(description=f"{SECRET} For one that is described.")] = None,
        seq: Annotated[
            str | None, strawberry.argument(description="The event with this `seq` of `eventStream`.")
        ] = None,
        event_type: Annotated[
            str | None,
            strawberry.argument(description="The last event of this type, or ping; the last one wanted unless told."),
        ] = None,
    ) -> DryRunPayload:
        request, graph = info.context, info._raw_info.schema  # noqa: SLF001  # graphql-core's own schema
        if mistakes := document_mistakes(graph, document):
            return shown(mistakes)
        draft = await drafted(request, legacy_id, events, document, secret)
        if not isinstance(draft, Draft):
            return shown(draft)
        dry = await happened(request, draft, seq, event_type)
        return shown(await made(request, graph, dry)) if isinstance(dry, Dry) else shown(dry)


async def made(request: Request, graph: GraphQLSchema, dry: Dry) -> DryRunPayload | list[Mistake]:
    """What would be sent for an event."""
    draft = dry.draft
    data: object = dry.data()
    if draft.document is not None and dry.told is not None:
        if mistakes := document_mistakes(graph, draft.document):
            return mistakes
        asking = replace(
            Request(draft.viewer, request.database, request.now),
            moments=Moments.UTC_MICROSECONDS,
            request_id=dry.event_id,
        )
        answer = await shaped_by(graph, read(graph, draft.document, LIMITS), dry.told, asking)
        found: dict[str, Any] | None = answer.content.get("data")
        if found is None:
            return [NO_PAYLOAD]
        (data,) = found.values()
        # It is sent to nobody, and shown to whoever asks: as one of the reads of this document.
        request.shown += asking.shown
    body = dry.body(data)
    return DryRunPayload(
        found=True,
        body=body.decode(),
        headers=cast("JSON", dry.headers(body, request.now)),
        event_type=dry.type,
        seq=None if dry.told is None else str(dry.told.position.seq),
        wanted=dry.is_wanted,
        secret=None if draft.id else draft.secrets[0],
        user_errors=[],
    )


def shown(came: DryRunPayload | list[Mistake] | None) -> DryRunPayload:
    """What came of it."""
    if isinstance(came, DryRunPayload):
        return came
    return DryRunPayload(
        found=came is not None,
        body=None,
        headers=None,
        event_type=None,
        seq=None,
        wanted=None,
        secret=None,
        user_errors=user_errors(came or []),
    )
