"""The parts of the graph meet here: queries, mutations, subscriptions, scalars; then the engine is attached."""

from functools import cache

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from resolvers.engine.attach import attach, guard
from resolvers.engine.engine import Engine
from schema.accesses import AccessQueries
from schema.accounts import AccountMutations, AccountQueries
from schema.billing import BillingMutations, BillingQueries
from schema.compliance import ComplianceMutations
from schema.courses import CourseQueries
from schema.declare import declarations, guards, open_public
from schema.directives import CHANGE, costs
from schema.dry_runs import DryRunMutations
from schema.events import Subscription
from schema.explanations import ExplanationQueries
from schema.exports.graph import ExportMutations, ExportQueries
from schema.imports import ImportMutations, ImportQueries
from schema.institutions.analytics import AnalyticsQueries
from schema.institutions.members import MemberMutations, MemberQueries
from schema.institutions.organizations import InstitutionMutations
from schema.learners import LearnerQueries
from schema.lessons import LessonQueries
from schema.limits import Limits
from schema.lti.deep_linking import DeepLinkingMutations, DeepLinkingQueries
from schema.lti.launches import LtiLaunchQueries
from schema.lti.platforms import LtiPlatformQueries
from schema.lti.registering import LtiPlatformMutations, LtiToolQueries
from schema.lti.rosters import LtiRosterMutations, LtiRosterQueries
from schema.lti.scores import LtiScoreMutations, LtiScoreQueries
from schema.nodes import NodeQueries
from schema.notices import InformationQueries
from schema.organizations import OrganizationQueries
from schema.progress import ProgressMutations, ProgressQueries
from schema.reading import Prepared, read
from schema.roster import RosterQueries
from schema.scalars import SCALARS
from schema.sso.configurations import SsoQueries
from schema.sso.setting_up import SsoMutations, SsoServiceProviderQueries
from schema.students import StudentMutations, StudentQueries
from schema.upstreams import UpstreamMutations, UpstreamQueries
from schema.viewer import ViewerQueries
from schema.webhooks import WebhookMutations, WebhookQueries
from schema.xapi import XapiMutations, XapiQueries


@strawberry.type(description="Everything that can be read. Who may read what: `viewer { accessMatrix }`.")
class Query(
    NodeQueries,
    ViewerQueries,
    AccountQueries,
    ExplanationQueries,
    OrganizationQueries,
    StudentQueries,
    CourseQueries,
    LessonQueries,
    LearnerQueries,
    InformationQueries,
    ProgressQueries,
    BillingQueries,
    RosterQueries,
    WebhookQueries,
    ExportQueries,
    UpstreamQueries,
    XapiQueries,
    LtiPlatformQueries,
    LtiToolQueries,
    LtiLaunchQueries,
    LtiScoreQueries,
    DeepLinkingQueries,
    LtiRosterQueries,
    ImportQueries,
    SsoQueries,
    SsoServiceProviderQueries,
    MemberQueries,
    AnalyticsQueries,
    AccessQueries,
):
    pass


@strawberry.type(description="Everything that can be changed. In maintenance mode (メンテナンスモード) nothing can.")
class Mutation(
    AccountMutations,
    StudentMutations,
    ProgressMutations,
    WebhookMutations,
    DryRunMutations,
    ExportMutations,
    UpstreamMutations,
    XapiMutations,
    LtiPlatformMutations,
    BillingMutations,
    DeepLinkingMutations,
    LtiScoreMutations,
    LtiRosterMutations,
    ImportMutations,
    SsoMutations,
    InstitutionMutations,
    MemberMutations,
    ComplianceMutations,
):
    pass


# Every change has its price, so that none can forget to name it.
for change in Mutation.__strawberry_definition__.fields:  # type: ignore[attr-defined]  # Strawberry's decorator adds it
    change.directives = [*change.directives, *costs(CHANGE)]


def build() -> strawberry.Schema:
    """The graph as Strawberry knows it, without an engine."""
    return strawberry.Schema(Query, Mutation, Subscription, config=StrawberryConfig(scalar_map=SCALARS))


def sdl() -> str:
    """The graph in the schema definition language, as schema.graphql keeps it."""
    return f"{build().as_str()}\n"


class Graph:
    """The graph with its engine; raises WrongDeclaration where a declaration is not borne out by the tables."""

    def __init__(self, *, stepwise: bool = False) -> None:
        self.schema: GraphQLSchema = build()._schema  # noqa: SLF001  # Strawberry gives its graphql-core schema in no other way
        types, fields = declarations(self.schema)
        self.engine = Engine(types, stepwise=stepwise)
        attach(self.schema, self.engine, fields)
        guard(self.schema, guards(self.schema))
        open_public(self.schema)
        self._stored: dict[tuple[str, Limits], Prepared] = {}

    def stored(self, source: str, limits: Limits) -> Prepared:
        """A document of our own, read once for all who run it on this graph."""
        known = self._stored.get((source, limits))
        return known or self._stored.setdefault((source, limits), read(self.schema, source, limits))


@cache
def graph_of(*, stepwise: bool) -> Graph:
    """The graph of this process: made once, since it takes half a second and nothing that runs changes it."""
    return Graph(stepwise=stepwise)
