"""What happens, as it happens: the root Subscription, and what its messages show."""

import datetime
import enum
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, cast

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from db.outbox import Told
from resolvers import events
from resolvers.context import Request
from resolvers.engine.rows import global_id
from resolvers.exports.following import export_updates
from resolvers.policy import Operation
from resolvers.publications import informations_published
from resolvers.subscriptions import event_stream, progress_updates
from resolvers.webhooks.watching import deliveries_updated
from schema.declare import needs, one
from schema.exports.graph import Export
from schema.learners import Learner, LessonProgress
from schema.notices import Information, System
from schema.students import Student
from schema.webhooks import Delivery


def catalogue() -> type[enum.Enum]:
    """The one catalogue of events, with its names and descriptions, as the graph shows it."""
    members = {
        type_.name: strawberry.enum_value(type_.value, description=events.DESCRIPTIONS[type_])
        for type_ in events.EventType
    }
    # The type checker would have the members written out once more.
    made: Callable[[str, object], type[enum.Enum]] = cast("Any", enum.Enum)
    return made("EventType", members)


EventType = strawberry.enum(
    catalogue(), description="What happened. Among `data` are things named by their numbers, and never their contents."
)
KNOWN = {str(member.value): member for member in EventType}


@strawberry.type(description="Something that happened.")
class Event:
    student_id: strawberry.Private[int | None]
    seq: str = strawberry.field(
        description="Its number: subscribe with `after` to go on behind it. Compare numbers for equality only."
    )
    id: strawberry.ID = strawberry.field(description="Its id, the same wherever it is told.")
    type: EventType | None = strawberry.field(  # type: ignore[valid-type]  # made from the catalogue
        description="What happened; null while a newer server tells what this one does not know."
    )
    type_code: str = strawberry.field(description="The same, as the REST API prints it, such as lesson.completed.")
    occurred_at: datetime.datetime = strawberry.field(description="When.")
    organization_legacy_id: int | None = strawberry.field(description="The number of the organization it happened in.")
    subject_type: str = strawberry.field(description="The type of what it is about, such as Student.")
    subject_id: strawberry.ID = strawberry.field(description="The global id of what it is about.")
    subject_legacy_id: int = strawberry.field(description="The database's number of what it is about.")
    data: JSON = strawberry.field(description="What changed, by number and name; never to what.")
    student: Student | None = one(
        "The student it is about, as of now; null where it is about something else.",
        key="student_id",
        operation=Operation.STUDENTS,
    )


@strawberry.type(description="A lesson that a learner got on with.")
class LessonUpdate:
    student_id: strawberry.Private[int]
    lesson_id: strawberry.Private[int]
    lesson_legacy_id: int = strawberry.field(description="The database's number of the lesson.")
    progress: LessonProgress | None = one(
        "How far the learner is with it, as of now; null where the lesson is not in your sight.",
        key=("student_id", "lesson_id"),
        match=("student_id", "lesson_id"),
        operation=Operation.PROGRESS,
    )


@strawberry.type(description="A learner got on.")
class ProgressUpdate:
    student_id: strawberry.Private[int]
    occurred_at: datetime.datetime = strawberry.field(description="When.")
    student_legacy_id: int = strawberry.field(description="The database's number of the student.")
    lessons: list[LessonUpdate] = strawberry.field(description="The lessons in which something changed, by number.")
    learner: Learner | None = one(
        "The learner, as of now.", key="student_id", match="student_id", operation=Operation.PROGRESS
    )
    student: Student | None = one("The student, as of now.", key="student_id", operation=Operation.STUDENTS)


@strawberry.type(description="A notice (お知らせ) was published.")
class InformationOpening:
    information_id: strawberry.Private[int]
    legacy_id: int = strawberry.field(description="The REST API's id of the notice.")
    information: Information | None = one(
        "The notice, as of now; null where it was closed again.",
        key="information_id",
        operation=Operation.INFORMATIONS,
    )


@strawberry.type(description="A delivery was queued, arrived, failed or was given up.")
class DeliveryUpdate:
    delivery_id: strawberry.Private[int]
    legacy_id: int = strawberry.field(description="The number of the delivery.")
    delivery: Delivery | None = one(
        "The delivery, as of now; null where it is gone.", key="delivery_id", operation=Operation.WEBHOOKS
    )


def shown_event(told: Told) -> Event:
    """An event as the graph shows it."""
    return Event(
        student_id=told.subject_id if told.subject_type == "Student" else None,
        seq=str(told.position.seq),
        id=strawberry.ID(told.event_id),
        type=KNOWN.get(told.type),
        type_code=told.type,
        occurred_at=told.occurred_at,
        organization_legacy_id=told.organization_id,
        subject_type=told.subject_type,
        subject_id=strawberry.ID(global_id(told.subject_type, told.subject_id)),
        subject_legacy_id=told.subject_id,
        data=cast("JSON", told.body),
    )


def shown_progress(told: Told) -> ProgressUpdate:
    """What a learner did, as the graph shows it."""
    lessons = [int(lesson) for lesson in told.body.get("lessons", ())]
    return ProgressUpdate(
        student_id=told.subject_id,
        occurred_at=told.occurred_at,
        student_legacy_id=told.subject_id,
        lessons=[
            LessonUpdate(student_id=told.subject_id, lesson_id=lesson, lesson_legacy_id=lesson) for lesson in lessons
        ],
    )


def shown_opening(id_: int) -> InformationOpening:
    """A notice that opened."""
    return InformationOpening(information_id=id_, legacy_id=id_)


@strawberry.type(description="An export that got on.")
class ExportUpdate:
    export_id: strawberry.Private[int]
    legacy_id: int = strawberry.field(description="The number of the export.")
    export: Export | None = one("The export, as of now.", key="export_id", operation=Operation.EXPORTS)


def shown_export(id_: int) -> ExportUpdate:
    """An export that got on."""
    return ExportUpdate(export_id=id_, legacy_id=id_)


def shown_delivery(id_: int) -> DeliveryUpdate:
    """A delivery that stands otherwise than before."""
    return DeliveryUpdate(delivery_id=id_, legacy_id=id_)


@strawberry.type(description="What happens, as it happens. Your rights are looked at anew before each message.")
class Subscription:
    @strawberry.subscription(
        description="Everything that happens within your reach, each event once and in order. Who knows the last event"
        " goes on behind it with `after`. Not for students, who follow `progressUpdated`.",
        metadata=needs(Operation.EVENTS),
    )
    async def event_stream(
        self,
        info: Info[Request, None],
        types: Annotated[
            list[EventType] | None,  # type: ignore[valid-type]  # made from the catalogue
            strawberry.argument(description="Of these types; of all unless told."),
        ] = None,
        after: Annotated[
            str | None,
            strawberry.argument(
                description="Begin behind the event with this `seq`; with what happens now unless told."
            ),
        ] = None,
    ) -> AsyncIterator[Event]:
        named = None if types is None else [str(cast("enum.Enum", type_).value) for type_ in types]
        return await event_stream(info.context, named, after, shown_event)

    @strawberry.subscription(
        description="What learners within your reach get on with, from now on; for a student, what you do yourself.",
        metadata=needs(Operation.PROGRESS),
    )
    async def progress_updated(
        self,
        info: Info[Request, None],
        organization_code: Annotated[
            str | None, strawberry.argument(description="Of the students of this organization (組織コード).")
        ] = None,
        organization_legacy_id: Annotated[int | None, strawberry.argument(description="The same by number.")] = None,
        student_legacy_ids: Annotated[
            list[int] | None, strawberry.argument(description="Of these students, 1,000 at most.")
        ] = None,
    ) -> AsyncIterator[ProgressUpdate]:
        return await progress_updates(
            info.context,
            organization_code=organization_code,
            organization_legacy_id=organization_legacy_id,
            students=student_legacy_ids,
            show=shown_progress,
        )

    @strawberry.subscription(
        description="Notices (お知らせ) for you as they are published: of a system, for your own organization.",
        metadata=needs(Operation.INFORMATIONS),
    )
    async def information_published(
        self,
        info: Info[Request, None],
        system: Annotated[System, strawberry.argument(description="The system that asks.")],
        organization_code: Annotated[
            str, strawberry.argument(description="Code of your own organization (組織コード).")
        ],
    ) -> AsyncIterator[InformationOpening]:
        return await informations_published(
            info.context, system=str(system.value), organization_code=organization_code, show=shown_opening
        )

    @strawberry.subscription(
        description="One of your exports: as it is now, then whenever it has got on, until it is finished.",
        metadata=needs(Operation.EXPORTS),
    )
    async def export_updated(
        self,
        info: Info[Request, None],
        legacy_id: Annotated[int, strawberry.argument(description="The number of the export.")],
    ) -> AsyncIterator[ExportUpdate]:
        return await export_updates(info.context, legacy_id, shown_export)

    @strawberry.subscription(
        description="The deliveries of a webhook as they are queued, arrive, fail or are given up, within a second."
        " What changes twice in it is told once, as it is then.",
        metadata=needs(Operation.WEBHOOKS),
    )
    async def delivery_updated(
        self,
        info: Info[Request, None],
        webhook_legacy_id: Annotated[int, strawberry.argument(description="The number of the webhook.")],
    ) -> AsyncIterator[DeliveryUpdate]:
        return await deliveries_updated(info.context, webhook_legacy_id, shown_delivery)
