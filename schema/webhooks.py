"""Webhooks in the graph: where to tell what happens, and what was delivered there."""

import datetime
import enum
from typing import Annotated

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from db import webhooks as rows
from resolvers import scopes
from resolvers.context import Request
from resolvers.engine.declare import Reading
from resolvers.errors import Mistake
from resolvers.policy import Operation
from resolvers.webhooks.again import replay, retry_delivery, send_ping
from resolvers.webhooks.commands import Made, Wanted, create_webhook, delete_webhook, rotate_secret, update_webhook
from resolvers.webhooks.filters import DELIVERY_FILTERS, WEBHOOK_FILTERS
from schema.declare import (
    REQUIRED,
    Argument,
    column,
    connection,
    first,
    global_id,
    many,
    mapped,
    needs,
    one,
    root_connection,
    root_one,
)
from schema.mistakes import UserError, user_errors
from schema.nodes import Node
from schema.organizations import Organization
from schema.pages import Connection
from schema.payload_documents import document_mistakes

NUMBER = Annotated[int, strawberry.argument(description="The number of the webhook.")]
EVENTS = (
    "Events by name, such as lesson.completed, all of one word (`lesson.*`), or all (`*`). None at all is right too:"
    " then only pings are sent."
)
SECRET = "Your own secret, 16 to 255 characters; one is made unless told."  # noqa: S105  # a description
DOCUMENT = (
    "A subscription to `eventStream` that shapes what is told: what it selects becomes the body's `data`. Without one"
    " the body is thin: it names things by their numbers."
)


@strawberry.enum(description="How often a delivery is tried.")
class RetrySchedule(enum.Enum):
    SHORT = strawberry.enum_value("short", description="Again after 30 seconds, 5 minutes and 30 minutes.")
    LONG = strawberry.enum_value("long", description="Ten times over 75 hours.")


@strawberry.enum(description="What became of a delivery.")
class DeliveryStatus(enum.Enum):
    PENDING = strawberry.enum_value("pending", description="It was not tried yet.")
    DELIVERED = strawberry.enum_value("delivered", description="The receiver took it.")
    FAILED = strawberry.enum_value("failed", description="It failed, and will be tried again.")
    DEAD = strawberry.enum_value("dead", description="It failed as often as it may, and was given up.")
    SKIPPED = strawberry.enum_value("skipped", description="The webhook was switched off before it arrived.")


@mapped(rows.delivery_attempts, scope=scopes.of_webhooks, key=("delivery_id", "number"), description="One attempt.")
class DeliveryAttempt:
    number: int = column("Counted from 1.")
    sent_at: datetime.datetime = column("When it began.")
    duration_ms: int = column("How long it took.")
    response_code: int | None = column("The status that was answered; null where no whole answer came.")
    error: str | None = column("Why no whole answer came.")
    response_headers: JSON | None = column("The headers that were answered.")
    response_body: str | None = column("The first 20,000 bytes of what was answered, as text.")


@mapped(
    rows.deliveries,
    scope=scopes.webhook_rows,
    node=Reading(Operation.WEBHOOKS),
    description="An event on its way to a webhook. What is finished is kept for 30 days.",
)
class Delivery(Node):
    id: strawberry.ID = global_id("Delivery")
    legacy_id: int = column("Its number.", "id")
    webhook_legacy_id: int = column("The number of the webhook.", "webhook_id")
    event_id: str = column("The event's id, the same wherever and however often it is told.")
    event_type: str = column("What happened, such as lesson.completed.")
    occurred_at: datetime.datetime = column("When it happened.")
    status: DeliveryStatus = column("What became of it.")
    status_code: str = column("The same, as the REST API prints it.", "status")
    attempt_count: int = column("How often it was tried.")
    response_code: int | None = column("The status that was answered last.")
    duration_ms: int | None = column("How long the last attempt took.")
    next_attempt_at: datetime.datetime | None = column("When it is tried next; null where it is finished.")
    url: str | None = column("Where to, in place of the webhook's own address.")
    replay_of_legacy_id: int | None = column(
        "The number of the delivery that this one repeats; null for the first one.", "replay_of"
    )
    created_at: datetime.datetime = column("When it was queued.")
    finished_at: datetime.datetime | None = column("When it arrived or was given up.")
    attempts: list[DeliveryAttempt] = many("Its attempts, in order.", match="delivery_id", order=("number",))


@mapped(
    rows.webhooks,
    scope=scopes.webhook_rows,
    node=Reading(Operation.WEBHOOKS),
    description="Where to tell what happens. It tells what its owner may hear of, and nothing from before it was made.",
)
class Webhook(Node):
    id: strawberry.ID = global_id("Webhook")
    legacy_id: int = column("Its number.", "id")
    url: str = column("Where to.")
    events: list[str] = column(EVENTS)
    document: str | None = column(DOCUMENT)
    ordered: bool = column("Whether one event is told after the other; else five at once.")
    schedule: RetrySchedule = column("How often a delivery is tried.")
    schedule_code: str = column("The same, as the REST API prints it.", "schedule")
    is_active: bool = column("Whether anything is delivered.")
    disabled_reason: str | None = column(
        "Why not: switched_off, gone (the receiver answered 410), failing (nothing arrived for five days), document"
        " (the payload document does not fit the graph any more)."
    )
    failing_since: datetime.datetime | None = column("Since when nothing has arrived; null while all is well.")
    created_at: datetime.datetime = column("When it was made.")
    updated_at: datetime.datetime = column("When it was changed.")
    organization: Organization | None = one(
        "The organization it belongs to; null for those of system operators.",
        key="organization_id",
        operation=Operation.ORGANIZATIONS,
    )
    last_delivery: Delivery | None = first("What was queued last.", key="id", match="webhook_id", order=("-id",))
    deliveries: Connection[Delivery] = connection(
        "What is and was on its way to it, the newest first.",
        match="webhook_id",
        order=("-id",),
        filters=DELIVERY_FILTERS,
        arguments=(
            Argument("status", DeliveryStatus | None, "With this status."),
            Argument("event_type", str | None, "Of events of this type."),
            Argument("since", datetime.datetime | None, "Of events from this instant on."),
            Argument("until", datetime.datetime | None, "Of events up to this instant."),
        ),
    )


@strawberry.type(description="What came of making or changing a webhook.")
class WebhookPayload:
    webhook_id: strawberry.Private[int | None]
    webhook: Webhook | None = one("The webhook; null where there is none.", key="webhook_id")
    secret: str | None = strawberry.field(description="Its new secret, shown this once; null where it has no new one.")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was changed.")


@strawberry.type(description="What came of removing a webhook.")
class DeleteWebhookPayload:
    deleted: bool = strawberry.field(description="Whether there was such a webhook within your reach.")


@strawberry.type(description="What was queued to be delivered.")
class DeliveryPayload:
    delivery_id: strawberry.Private[int | None]
    delivery: Delivery | None = one("The delivery; null where there is no such thing to deliver.", key="delivery_id")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was queued.")


@strawberry.type(description="What was queued to be delivered again.")
class ReplayPayload:
    found: bool = strawberry.field(description="Whether there is such a webhook within your reach.")
    count: int = strawberry.field(description="How many deliveries were queued, 10,000 at most.")
    last_delivery_legacy_id: int | None = strawberry.field(description="The number of the last one.")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was queued.")


@strawberry.type
class WebhookQueries:
    webhooks: Connection[Webhook] = root_connection(
        "The webhooks within your reach, the oldest first.", operation=Operation.WEBHOOKS
    )
    webhook: Webhook | None = root_one(
        "The webhook with this number.",
        arguments=(Argument("legacy_id", int, "Its number.", REQUIRED),),
        filters=WEBHOOK_FILTERS,
        operation=Operation.WEBHOOKS,
    )


@strawberry.type
class WebhookMutations:
    @strawberry.mutation(
        description="Make a webhook. It is told what you may hear of, from now on.",
        metadata=needs(Operation.MANAGE_WEBHOOKS),
    )
    async def create_webhook(  # the arguments of the field
        self,
        info: Info[Request, None],
        url: Annotated[str, strawberry.argument(description="Where to: an address that begins with https://.")],
        events: Annotated[list[str], strawberry.argument(description=EVENTS)],
        secret: Annotated[str | None, strawberry.argument(description=SECRET)] = None,
        document: Annotated[str | None, strawberry.argument(description=DOCUMENT)] = None,
        ordered: Annotated[bool | None, strawberry.argument(description="One event after the other.")] = None,
        schedule: Annotated[RetrySchedule | None, strawberry.argument(description="How often to try.")] = None,
    ) -> WebhookPayload:
        wanted = Wanted(url, events, None, ordered, code_of(schedule), document)
        mistakes = document_mistakes(info._raw_info.schema, document)  # noqa: SLF001  # graphql-core's own schema
        made = mistakes or await create_webhook(info.context, wanted, secret=secret)
        return webhook_payload(made)

    @strawberry.mutation(
        description="Change a webhook; what is not given stays. Whoever changes where it goes, or what it tells, is its"
        " owner from then on.",
        metadata=needs(Operation.MANAGE_WEBHOOKS),
    )
    async def update_webhook(  # the arguments of the field
        self,
        info: Info[Request, None],
        legacy_id: NUMBER,
        url: Annotated[str | None, strawberry.argument(description="Where to.")] = None,
        events: Annotated[list[str] | None, strawberry.argument(description=EVENTS)] = None,
        is_active: Annotated[
            bool | None,
            strawberry.argument(description="Whether to deliver; what waits is given up when it is switched off."),
        ] = None,
        document: Annotated[
            str | None, strawberry.argument(description=f"{DOCUMENT} An empty text takes it away.")
        ] = None,
        ordered: Annotated[bool | None, strawberry.argument(description="One event after the other.")] = None,
        schedule: Annotated[RetrySchedule | None, strawberry.argument(description="How often to try.")] = None,
    ) -> WebhookPayload:
        wanted = Wanted(url, events, is_active, ordered, code_of(schedule), document)
        mistakes = document_mistakes(info._raw_info.schema, document)  # noqa: SLF001  # graphql-core's own schema
        return webhook_payload(mistakes or await update_webhook(info.context, legacy_id, wanted))

    @strawberry.mutation(
        description="Remove a webhook, with what waits for it and the log of its deliveries.",
        metadata=needs(Operation.MANAGE_WEBHOOKS),
    )
    async def delete_webhook(self, info: Info[Request, None], legacy_id: NUMBER) -> DeleteWebhookPayload:
        return DeleteWebhookPayload(deleted=await delete_webhook(info.context, legacy_id))

    @strawberry.mutation(
        description="Give a webhook a new secret. The one before signs beside it for a day more, or as told.",
        metadata=needs(Operation.MANAGE_WEBHOOKS),
    )
    async def rotate_webhook_secret(
        self,
        info: Info[Request, None],
        legacy_id: NUMBER,
        secret: Annotated[str | None, strawberry.argument(description=SECRET)] = None,
        overlap_hours: Annotated[
            int | None, strawberry.argument(description="How long both sign: 24 hours unless told, 168 at most.")
        ] = None,
    ) -> WebhookPayload:
        made = await rotate_secret(info.context, legacy_id, secret=secret, overlap_hours=overlap_hours)
        return webhook_payload(made)

    @strawberry.mutation(description="Send a ping to a webhook.", metadata=needs(Operation.MANAGE_WEBHOOKS))
    async def test_webhook(self, info: Info[Request, None], legacy_id: NUMBER) -> DeliveryPayload:
        return delivery_payload(await send_ping(info.context, legacy_id))

    @strawberry.mutation(
        description="Deliver one thing again, whatever became of it.", metadata=needs(Operation.MANAGE_WEBHOOKS)
    )
    async def retry_delivery(
        self,
        info: Info[Request, None],
        legacy_id: Annotated[int, strawberry.argument(description="The number of the delivery.")],
        webhook_legacy_id: Annotated[
            int | None, strawberry.argument(description="The number of its webhook: there is none elsewhere, then.")
        ] = None,
    ) -> DeliveryPayload:
        return delivery_payload(await retry_delivery(info.context, legacy_id, webhook_id=webhook_legacy_id))

    @strawberry.mutation(
        description="Deliver again what a webhook was told before, the oldest first: up to 10,000 deliveries, with the"
        " ids of their events.",
        metadata=needs(Operation.MANAGE_WEBHOOKS),
    )
    async def replay_deliveries(  # the arguments of the field
        self,
        info: Info[Request, None],
        legacy_id: NUMBER,
        since: Annotated[
            datetime.datetime | None, strawberry.argument(description="Events from this instant on.")
        ] = None,
        until: Annotated[
            datetime.datetime | None, strawberry.argument(description="Events up to this instant.")
        ] = None,
        from_seq: Annotated[
            str | None, strawberry.argument(description="Events from this `seq` of `eventStream` on.")
        ] = None,
        only_failed: Annotated[
            bool | None, strawberry.argument(description="Only what never arrived; so unless told otherwise.")
        ] = None,
        to_url: Annotated[str | None, strawberry.argument(description="To another address, this once.")] = None,
    ) -> ReplayPayload:
        queued = await replay(
            info.context,
            legacy_id,
            since=since,
            until=until,
            from_seq=from_seq,
            only_failed=only_failed is not False,
            to_url=to_url,
        )
        return replay_payload(queued)


def code_of(schedule: RetrySchedule | None) -> str | None:
    """A schedule as it is kept."""
    return None if schedule is None else str(schedule.value)


def webhook_payload(made: Made | int | list[Mistake] | None) -> WebhookPayload:
    """What came of a change."""
    match made:
        case Made():
            return WebhookPayload(webhook_id=made.id, secret=made.secret, user_errors=[])
        case list():
            return WebhookPayload(webhook_id=None, secret=None, user_errors=user_errors(made))
    return WebhookPayload(webhook_id=made, secret=None, user_errors=[])


def delivery_payload(queued: int | list[Mistake] | None) -> DeliveryPayload:
    """What was queued."""
    if isinstance(queued, list):
        return DeliveryPayload(delivery_id=None, user_errors=user_errors(queued))
    return DeliveryPayload(delivery_id=queued, user_errors=[])


def replay_payload(queued: list[int] | list[Mistake] | None) -> ReplayPayload:
    """What was queued again."""
    mistakes = [one for one in queued or () if isinstance(one, Mistake)]
    if queued is None or mistakes:
        return ReplayPayload(
            found=queued is not None, count=0, last_delivery_legacy_id=None, user_errors=user_errors(mistakes)
        )
    numbers = [one for one in queued if isinstance(one, int)]
    last = numbers[-1] if numbers else None
    return ReplayPayload(found=True, count=len(numbers), last_delivery_legacy_id=last, user_errors=[])
