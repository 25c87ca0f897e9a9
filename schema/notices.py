"""Notices (お知らせ) in the graph."""

import datetime
import enum

import strawberry

from db import notices as rows
from db.statements.plan import Link
from resolvers import scopes
from resolvers.engine.declare import Reading
from resolvers.notices import INFORMATION_FILTERS, information_rows, readable_rows
from resolvers.organizations import ORGANIZATION_OWN
from resolvers.policy import Operation
from schema.declare import REQUIRED, Argument, column, global_id, many, mapped, root_connection
from schema.nodes import Node
from schema.pages import Connection

TAGS = Link(rows.information_tagged, ("information_id",), "tag_key", "key")


@strawberry.enum(description="The system that a notice is shown in.")
class System(enum.Enum):
    ADMIN = strawberry.enum_value("admin", description="Administration (管理システム).")
    LMS = strawberry.enum_value("lms", description="Learning management.")
    COACHING = strawberry.enum_value("coaching", description="Coaching (コーチング).")


@mapped(rows.information_tags, scope=scopes.shared_rows, key=("key",), description="A tag of notices.")
class InformationTag:
    key: str = column("Key, such as material; `entrace_exam_info` is spelled as the REST API spells it.")
    name: str = column("Name, such as 資料.")


@mapped(rows.information_attachments, scope=scopes.shared_rows, description="A file that comes with a notice.")
class InformationAttachment:
    name: str = column("File name.")
    url: str = column("Where it is.")


@mapped(
    rows.informations,
    scope=information_rows,
    node=Reading(Operation.INFORMATIONS, within=readable_rows),
    description="A notice (お知らせ) that is open now and meant for you.",
)
class Information(Node):
    id: strawberry.ID = global_id("Information")
    legacy_id: int = column("The REST API's id.", "id")
    title: str = column("Title.")
    content: str = column("Content.")
    open_at: datetime.datetime = column("When it was published (公開開始日).")
    tags: list[InformationTag] = many("Its tags, in their fixed order.", link=TAGS, order=("seq",))
    attachments: list[InformationAttachment] = many("Its files.", match="information_id", order=("seq",))


@strawberry.type
class InformationQueries:
    informations: Connection[Information] = root_connection(
        "Notices for you (お知らせ一覧取得), the newest first: of a system, for an organization, its parent or all.",
        order=("-open_at",),
        filters=INFORMATION_FILTERS,
        checks=(ORGANIZATION_OWN,),
        operation=Operation.INFORMATIONS,
        arguments=(
            Argument("system", System, "The system that asks.", REQUIRED),
            Argument("organization_code", str, "Code of your own organization (組織コード).", REQUIRED),
            Argument("tags", list[str] | None, "With one of these tags, by key."),
        ),
    )
