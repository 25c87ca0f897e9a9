"""The access log in the graph: who read whose data, and who changed whose role."""

import datetime
import enum

import strawberry

from db import accesses as rows
from db.statements.plan import Link
from resolvers import scopes
from resolvers.accesses.filters import ACCESS_FILTERS
from resolvers.engine.declare import Reading
from resolvers.organizations import ORGANIZATION_IN_REACH
from resolvers.policy import Operation
from resolvers.students import LISTED
from schema.declare import Argument, column, connection, extends, global_id, mapped, one, root_connection
from schema.nodes import Node
from schema.organizations import OF_ORGANIZATION, Organization
from schema.pages import Connection
from schema.students import Student

OF_ACCESS = Link(rows.access_students, ("access_id",), "student_id")
OF_STUDENT = Link(rows.access_students, ("student_id",), "access_id")


@strawberry.enum(description="What an entry of the access log tells.")
class AccessKind(enum.Enum):
    READ = strawberry.enum_value("read", description="Data of students was read.")
    EXPORT = strawberry.enum_value("export", description="Data of students was written into a file.")
    ROLE_CHANGE = strawberry.enum_value("role_change", description="Somebody's role was changed.")


@strawberry.enum(description="By which way.")
class AccessWay(enum.Enum):
    GRAPHQL = strawberry.enum_value("graphql", description="A document that was run on the graph.")
    REST = strawberry.enum_value("rest", description="A REST door.")
    SUBSCRIPTION = strawberry.enum_value("subscription", description="A message of a subscription.")
    EXPORT = strawberry.enum_value("export", description="An export.")
    WEBHOOK = strawberry.enum_value("webhook", description="The payload document of a webhook.")
    SYSTEM = strawberry.enum_value("system", description="The product by itself, such as an import.")


@strawberry.enum(description="What became of a role.")
class RoleChangeKind(enum.Enum):
    GRANTED = strawberry.enum_value("granted", description="It was given.")
    CHANGED = strawberry.enum_value("changed", description="It, or its period, was changed.")
    ENDED = strawberry.enum_value("ended", description="It was taken away.")


@mapped(rows.accesses, scope=scopes.access_rows, description="Who read, as the person was called then.")
class AccessReader:
    legacy_id: int | None = column("The database's number of the account; null where nobody signed in.", "reader_id")
    uid: str = column("The uid.", "reader_uid")
    name: str = column("Last name and first name; the uid where there was none.", "reader_name")
    token_legacy_id: int | None = column("The number of the API token that was used; null for others.", "token_id")


@mapped(rows.role_changes, scope=scopes.access_rows, description="A role that was changed.")
class RoleChange:
    uid: str = column("The uid of the person whose role it is.", "subject_uid")
    name: str = column("What the person was called then.", "subject_name")
    role: str = column("The role, such as homeroom_teacher.")
    change: RoleChangeKind = column("What became of it.")


@mapped(
    rows.accesses,
    scope=scopes.access_rows,
    node=Reading(Operation.ACCESS_LOG),
    description="An entry of the access log. What is read of students of several organizations, or other fields of some"
    " than of others, is an entry for each. Nothing tells what the values were, or what was asked for.",
)
class AccessRecord(Node):
    id: strawberry.ID = global_id("AccessRecord")
    legacy_id: int = column("Its number.", "id")
    at: datetime.datetime = column("When the request came in.")
    kind: AccessKind = column("What it tells.")
    way: AccessWay = column("By which way.")
    operation: str | None = column(
        "The name of the operation, the method and path of the door, the webhook or the export; null for a document"
        " without a name."
    )
    document: str | None = column("The SHA-256 of the document; null for doors.")
    fields: list[str] = column("What was read of each of the students, as `Type.field`.")
    student_count: int = column("Of how many students.")
    reader: AccessReader = one("Who read, or changed.", key="id", implied=True)
    organization: Organization | None = one(
        "The organization of the students, or of the role; null for a role over everything.", key="organization_id"
    )
    students: Connection[Student] = connection(
        "The students who were read, are within your reach now and are not locked. To read them is itself recorded.",
        link=OF_ACCESS,
        where=LISTED,
        operation=Operation.STUDENTS,
    )
    role_change: RoleChange | None = one("The change of a role; null for what was read.", key="id")


@extends(Student)
class StudentAccesses:
    accesses: Connection[AccessRecord] = connection(
        "Who read this student's data, the newest first. Not what the student read.",
        link=OF_STUDENT,
        order=("-id",),
        operation=Operation.ACCESS_LOG,
    )


@strawberry.type
class AccessQueries:
    access_log: Connection[AccessRecord] = root_connection(
        "Who read which student's data, and who changed whose role, the newest first.",
        order=("-id",),
        filters=ACCESS_FILTERS,
        checks=(ORGANIZATION_IN_REACH,),
        operation=Operation.ACCESS_LOG,
        arguments=(
            *OF_ORGANIZATION,
            Argument("kind", AccessKind | None, "Only this kind."),
            Argument("student_legacy_id", int | None, "Only what showed this student."),
            Argument("reader_uid", str | None, "Only by the person with this uid."),
            Argument("accessed_from", datetime.datetime | None, "From this instant, included."),
            Argument("accessed_to", datetime.datetime | None, "To this instant, included."),
        ),
    )
