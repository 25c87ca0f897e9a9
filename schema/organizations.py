"""Organizations (組織), their sections (所属) and groups (グループ) in the graph."""

import enum

import strawberry

from db.organizations import groups, organizations, sections
from resolvers import scopes
from resolvers.engine.declare import Reading
from resolvers.organizations import KEYWORD, ORGANIZATION_FILTERS, ORGANIZATION_IN_REACH, UNIT_FILTERS
from resolvers.policy import Operation
from schema.declare import (
    Argument,
    OrderDirection,
    column,
    connection,
    extends,
    global_id,
    many,
    mapped,
    one,
    root_connection,
    root_one,
)
from schema.nodes import Node
from schema.pages import Connection

KEYWORD_ARGUMENT = Argument(
    "keyword",
    str | None,
    "Found anywhere in code, name or abbreviation; width, case, hiragana and small kana do not matter.",
)
OF_ORGANIZATION = (
    Argument("organization_code", str | None, "Code of the organization (組織コード); it must be within your reach."),
    Argument("organization_legacy_id", int | None, "REST-era id of the organization (組織ID); agrees with the code."),
)
UNIT_ORDERS = {"seq": ("seq",), "code": ("code",), "name": ("name",), "abbreviation": ("abbreviation",)}
ORGANIZATION_ORDERS = {"code": ("code",), "name": ("name",), "abbreviation": ("abbreviation",)}


@strawberry.enum(description="What organizations are ordered by.")
class OrganizationOrderField(enum.Enum):
    CODE = strawberry.enum_value("code", description="Code (組織コード).")
    NAME = strawberry.enum_value("name", description="Name (組織名), by code point.")
    ABBREVIATION = strawberry.enum_value("abbreviation", description="Abbreviation (略称), by code point.")


@strawberry.enum(description="What sections and groups are ordered by.")
class UnitOrderField(enum.Enum):
    SEQ = strawberry.enum_value("seq", description="Display order (表示順).")
    CODE = strawberry.enum_value("code", description="Code.")
    NAME = strawberry.enum_value("name", description="Name, by code point.")
    ABBREVIATION = strawberry.enum_value("abbreviation", description="Abbreviation (略称), by code point.")


@strawberry.input(description="How organizations are ordered.")
class OrganizationOrder:
    field: OrganizationOrderField = strawberry.field(
        description="What decides; equals are told apart by id.", default=OrganizationOrderField.CODE
    )
    direction: OrderDirection = strawberry.field(description="Which way.", default=OrderDirection.ASC)


@strawberry.input(description="How sections and groups are ordered.")
class UnitOrder:
    field: UnitOrderField = strawberry.field(
        description="What decides; equals are told apart by id.", default=UnitOrderField.SEQ
    )
    direction: OrderDirection = strawberry.field(description="Which way.", default=OrderDirection.ASC)


ORGANIZATION_ORDER = Argument("order_by", OrganizationOrder | None, "The order; by code unless told.")
UNIT_ORDER = Argument("order_by", UnitOrder | None, "The order; by seq unless told.")


@mapped(
    organizations,
    scope=scopes.organization_rows,
    node=Reading(Operation.ORGANIZATIONS),
    log="organization",
    description="An organization (組織): a cram school, or a school building of one. The tree has two levels.",
)
class Organization(Node):
    id: strawberry.ID = global_id("Organization")
    legacy_id: int = column("The REST API's id (組織ID).", "id")
    code: str = column("Code (組織コード), unique among all organizations.")
    name: str = column("Name (組織名).")
    abbreviation: str = column("Abbreviation (略称).")
    mindless_attractor: bool = column("Whether the organization uses Mindless Attractor, which watches attention.")
    parent: "Organization | None" = one(
        "The parent organization (親組織); null for a parent, and where it is not within your reach.", key="parent_id"
    )
    children: list["Organization"] = many(
        "Child organizations (子組織) within your reach, by code.",
        match="parent_id",
        order=("code",),
        operation=Operation.ORGANIZATIONS,
    )


@mapped(
    sections,
    scope=scopes.section_rows,
    node=Reading(Operation.SECTIONS),
    log="section",
    description="A section (所属): a class room or branch of an organization.",
)
class Section(Node):
    id: strawberry.ID = global_id("Section")
    legacy_id: int = column("The database's number of the section.", "id")
    code: str = column("Code (所属コード), unique within the organization.")
    name: str = column("Name (所属名).")
    abbreviation: str = column("Abbreviation (略称).")
    seq: int = column("Display order (表示順).")
    organization: Organization = one("The organization of the section.", key="organization_id", implied=True)


@mapped(
    groups,
    scope=scopes.group_rows,
    node=Reading(Operation.GROUPS),
    log="group",
    description="A group (グループ) of students, such as a course of study.",
)
class Group(Node):
    id: strawberry.ID = global_id("Group")
    legacy_id: int = column("The database's number of the group.", "id")
    code: str = column("Code (グループコード), unique within the organization.")
    name: str = column("Name (グループ名).")
    abbreviation: str = column("Abbreviation (略称).")
    seq: int = column("Display order (表示順).")
    organization: Organization = one("The organization of the group.", key="organization_id", implied=True)


@extends(Organization)
class OrganizationUnits:
    sections: Connection[Section] = connection(
        "The organization's sections (所属).",
        match="organization_id",
        orders=UNIT_ORDERS,
        filters=(KEYWORD,),
        operation=Operation.SECTIONS,
        arguments=(KEYWORD_ARGUMENT, UNIT_ORDER),
    )
    groups: Connection[Group] = connection(
        "The organization's groups (グループ).",
        match="organization_id",
        orders=UNIT_ORDERS,
        filters=(KEYWORD,),
        operation=Operation.GROUPS,
        arguments=(KEYWORD_ARGUMENT, UNIT_ORDER),
    )


@strawberry.type
class OrganizationQueries:
    organization: Organization | None = root_one(
        "One organization by its code or REST-era id (one is needed); null where there is none within your reach.",
        filters=ORGANIZATION_FILTERS[:2],
        needs_one_of=("code", "legacyId"),
        operation=Operation.ORGANIZATIONS,
        arguments=(
            Argument("code", str | None, "Code (組織コード)."),
            Argument("legacy_id", int | None, "REST-era id (組織ID)."),
        ),
    )
    organizations: Connection[Organization] = root_connection(
        "The organizations within your reach (組織情報取得).",
        orders=ORGANIZATION_ORDERS,
        filters=ORGANIZATION_FILTERS,
        operation=Operation.ORGANIZATIONS,
        arguments=(
            Argument("code", str | None, "Only the organization with this code."),
            Argument("legacy_id", int | None, "Only the organization with this REST-era id."),
            KEYWORD_ARGUMENT,
            ORGANIZATION_ORDER,
        ),
    )
    sections: Connection[Section] = root_connection(
        "Sections (所属情報取得), of one organization or of all within your reach.",
        orders=UNIT_ORDERS,
        filters=UNIT_FILTERS,
        checks=(ORGANIZATION_IN_REACH,),
        operation=Operation.SECTIONS,
        arguments=(*OF_ORGANIZATION, KEYWORD_ARGUMENT, UNIT_ORDER),
    )
    groups: Connection[Group] = root_connection(
        "Groups (グループ情報取得), of one organization or of all within your reach.",
        orders=UNIT_ORDERS,
        filters=UNIT_FILTERS,
        checks=(ORGANIZATION_IN_REACH,),
        operation=Operation.GROUPS,
        arguments=(*OF_ORGANIZATION, KEYWORD_ARGUMENT, UNIT_ORDER),
    )
