"""The root fields of the graph as this API means them: which operation each needs, and how the least of it is asked."""

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from resolvers.policy import Operation

# Written by hand, from the documentation, and not read from the graph: the graph is held against it.
NEEDED: dict[str, Operation | None] = {
    "Query.node": Operation.ME,
    "Query.nodes": Operation.ME,
    "Query.legacyNode": Operation.ME,
    "Query.rosterDiff": Operation.ME,
    "Query.viewer": Operation.ME,
    "Query.abilities": Operation.ME,
    "Query.explainCost": Operation.ME,
    "Query.explainToken": Operation.ME,
    "Query.apiTokens": Operation.TOKENS,
    "Query.organization": Operation.ORGANIZATIONS,
    "Query.organizations": Operation.ORGANIZATIONS,
    "Query.sections": Operation.SECTIONS,
    "Query.groups": Operation.GROUPS,
    "Query.student": Operation.STUDENTS_BY_UID,
    "Query.students": Operation.STUDENTS,
    "Query.studentsWithLessonPackages": Operation.LESSON_PACKAGES,
    "Query.schools": Operation.SCHOOLS,
    "Query.course": Operation.COURSES,
    "Query.courses": Operation.COURSES,
    "Query.enrollments": Operation.STUDENTS_BY_COURSE_CATEGORY,
    "Query.lessons": Operation.COURSES,
    "Query.trainings": Operation.COURSES,
    "Query.trainingItems": Operation.COURSES,
    "Query.learner": Operation.PROGRESS,
    "Query.lessonProgress": Operation.PROGRESS,
    "Query.progressHistory": Operation.PROGRESS,
    "Query.learnerProgress": Operation.PROGRESS,
    "Query.learnerActivity": Operation.PROGRESS,
    "Query.learningInsights": Operation.PROGRESS,
    "Query.leaderboard": Operation.LEADERBOARD,
    "Query.statistics": Operation.STATISTICS,
    "Query.usageRecords": Operation.USAGE_FEED,
    "Query.informations": Operation.INFORMATIONS,
    "Query.webhook": Operation.WEBHOOKS,
    "Query.webhooks": Operation.WEBHOOKS,
    "Query.export": Operation.EXPORTS,
    "Query.exports": Operation.EXPORTS,
    "Query.upstream": Operation.UPSTREAMS,
    "Query.upstreams": Operation.UPSTREAMS,
    "Query.collectedUsage": Operation.USAGE_FEED,
    "Query.xapiEndpoint": Operation.XAPI,
    "Query.xapiEndpoints": Operation.XAPI,
    "Query.deepLinking": Operation.COURSES,
    "Query.ltiPlatform": Operation.LTI,
    "Query.ltiPlatforms": Operation.LTI,
    "Query.ltiTool": Operation.LTI,
    "Query.ltiLaunch": Operation.LAUNCHES,
    "Query.ltiLaunches": Operation.LAUNCHES,
    "Query.ltiScores": Operation.LAUNCHES,
    "Query.ltiRosters": Operation.LTI,
    "Query.accessLog": Operation.ACCESS_LOG,
    "Query.publicCourse": None,
    "Query.publicCourses": None,
    "Query.subscriptionPlans": None,
    "Mutation.signIn": None,
    "Mutation.createApiToken": Operation.MANAGE_TOKENS,
    "Mutation.revokeApiToken": Operation.MANAGE_TOKENS,
    "Mutation.updateMySchoolProfile": Operation.UPDATE_SELF,
    "Mutation.recordProgress": Operation.RECORD_PROGRESS,
    "Mutation.createWebhook": Operation.MANAGE_WEBHOOKS,
    "Mutation.updateWebhook": Operation.MANAGE_WEBHOOKS,
    "Mutation.deleteWebhook": Operation.MANAGE_WEBHOOKS,
    "Mutation.rotateWebhookSecret": Operation.MANAGE_WEBHOOKS,
    "Mutation.testWebhook": Operation.MANAGE_WEBHOOKS,
    "Mutation.retryDelivery": Operation.MANAGE_WEBHOOKS,
    "Mutation.replayDeliveries": Operation.MANAGE_WEBHOOKS,
    "Mutation.startExport": Operation.MANAGE_EXPORTS,
    "Mutation.cancelExport": Operation.MANAGE_EXPORTS,
    "Mutation.createUpstream": Operation.MANAGE_UPSTREAMS,
    "Mutation.updateUpstream": Operation.MANAGE_UPSTREAMS,
    "Mutation.deleteUpstream": Operation.MANAGE_UPSTREAMS,
    "Mutation.dryRunWebhook": Operation.MANAGE_WEBHOOKS,
    "Subscription.deliveryUpdated": Operation.WEBHOOKS,
    "Mutation.registerXapiEndpoint": Operation.MANAGE_XAPI,
    "Mutation.updateXapiEndpoint": Operation.MANAGE_XAPI,
    "Mutation.deleteXapiEndpoint": Operation.MANAGE_XAPI,
    "Mutation.answerDeepLinking": Operation.COURSES,
    "Mutation.registerLtiPlatform": Operation.MANAGE_LTI,
    "Mutation.updateLtiPlatform": Operation.MANAGE_LTI,
    "Mutation.deleteLtiPlatform": Operation.MANAGE_LTI,
    "Mutation.inviteLtiPlatform": Operation.MANAGE_LTI,
    "Mutation.pushGrade": Operation.PUSH_GRADES,
    "Mutation.fillSectionFromLti": Operation.MANAGE_LTI,
    "Mutation.stopFillingSection": Operation.MANAGE_LTI,
    "Mutation.saveComplianceDocument": Operation.MANAGE_COMPLIANCE,
    "Mutation.removeComplianceDocument": Operation.MANAGE_COMPLIANCE,
    "Subscription.eventStream": Operation.EVENTS,
    "Subscription.progressUpdated": Operation.PROGRESS,
    "Subscription.exportUpdated": Operation.EXPORTS,
    "Subscription.informationPublished": Operation.INFORMATIONS,
}
# What each operation asks of a token, as the documentation of the two REST APIs has it.
ABILITY: dict[Operation, str | None] = {
    Operation.ME: None,
    Operation.SCHOOLS: None,
    Operation.TOKENS: "tokens:read",
    Operation.MANAGE_TOKENS: "tokens:write",
    Operation.ORGANIZATIONS: "institutions:read",
    Operation.SECTIONS: "institutions:read",
    Operation.GROUPS: "institutions:read",
    Operation.STUDENTS: "members:read",
    Operation.STUDENTS_BY_UID: "members:read",
    Operation.STUDENTS_BY_COURSE_CATEGORY: "members:read",
    Operation.LESSON_PACKAGES: "members:read",
    Operation.COURSES: "courses:read",
    Operation.PROGRESS: "progress:read",
    Operation.LEADERBOARD: "progress:read",
    Operation.RECORD_PROGRESS: "progress:write",
    Operation.USAGE_FEED: "progress:feed",
    Operation.STATISTICS: "analytics:read",
    Operation.INFORMATIONS: "notices:read",
    Operation.UPDATE_SELF: "profile:write",
    Operation.EVENTS: "events:read",
    Operation.WEBHOOKS: "webhooks:read",
    Operation.MANAGE_WEBHOOKS: "webhooks:write",
    Operation.EXPORTS: "exports:read",
    Operation.MANAGE_EXPORTS: "exports:write",
    Operation.UPSTREAMS: "upstreams:read",
    Operation.MANAGE_UPSTREAMS: "upstreams:write",
    Operation.XAPI: "xapi:read",
    Operation.MANAGE_XAPI: "xapi:write",
    Operation.LTI: "lti:read",
    Operation.MANAGE_LTI: "lti:write",
    Operation.LAUNCHES: "lti:read",
    Operation.PUSH_GRADES: "lti:write",
    Operation.ACCESS_LOG: "audit:read",
    Operation.COMPLIANCE: "institutions:read",
    Operation.MANAGE_COMPLIANCE: "institutions:write",
}
# The required arguments; an email that is nobody's, and another one each time, so that no attempt is one too many.
ARGUMENTS = {
    "Query.explainCost": 'document: "{ viewer { uid } }"',
    "Query.node": 'id: "U2Nob29sOm5vbmU="',
    "Query.nodes": 'ids: ["U2Nob29sOm5vbmU="]',
    "Query.legacyNode": 'type: "School", code: "none"',
    "Query.explainToken": 'document: "{ viewer { uid } }"',
    "Query.student": 'uid: "auth0|demo-student"',
    "Query.publicCourse": 'slug: "none"',
    "Query.organization": 'code: "kakehashi"',
    "Query.course": 'code: "none"',
    "Query.lessonProgress": 'course: "none"',
    "Query.informations": 'system: COACHING, organizationCode: "kakehashi"',
    "Mutation.signIn": 'email: "EMAIL", password: "none"',
    "Mutation.createApiToken": 'name: "", abilities: []',
    "Mutation.revokeApiToken": "legacyId: 0",
    "Mutation.updateMySchoolProfile": 'schoolCode: "none", dateOfBirth: "2010-01-01"',
    "Mutation.recordProgress": "events: []",
    "Query.webhook": "legacyId: 0",
    # An address that is refused, so that none is made.
    "Mutation.createWebhook": 'url: "https://127.0.0.1/", events: []',
    "Mutation.updateWebhook": "legacyId: 0",
    "Mutation.deleteWebhook": "legacyId: 0",
    "Mutation.rotateWebhookSecret": "legacyId: 0",
    "Mutation.testWebhook": "legacyId: 0",
    "Mutation.retryDelivery": "legacyId: 0",
    "Mutation.replayDeliveries": "legacyId: 0",
    "Query.export": "legacyId: 0",
    # No document is given, so that none is made.
    "Mutation.startExport": "type: DOCUMENT",
    "Mutation.cancelExport": "legacyId: 0",
    "Subscription.exportUpdated": "legacyId: 0",
    "Query.upstream": "legacyId: 0",
    "Mutation.createUpstream": 'name: "x", url: "https://127.0.0.1/"',
    "Mutation.updateUpstream": "legacyId: 0",
    "Mutation.deleteUpstream": "legacyId: 0",
    "Subscription.deliveryUpdated": "webhookLegacyId: 0",
    "Query.xapiEndpoint": "legacyId: 0",
    "Query.ltiPlatform": "legacyId: 0",
    "Query.ltiLaunch": "legacyId: 0",
    "Mutation.registerXapiEndpoint": 'url: "https://127.0.0.1/"',
    "Mutation.updateXapiEndpoint": "legacyId: 0",
    "Mutation.deleteXapiEndpoint": "legacyId: 0",
    "Query.deepLinking": "launchLegacyId: 0",
    "Mutation.answerDeepLinking": "launchLegacyId: 0, items: []",
    # Without a name none is made.
    "Mutation.registerLtiPlatform": (
        'name: "", issuer: "", clientId: "", authLoginUrl: "", tokenUrl: "", jwksUrl: "", deployments: []'
    ),
    "Mutation.updateLtiPlatform": "legacyId: 0",
    "Mutation.deleteLtiPlatform": "legacyId: 0",
    # Nobody could come in by it, so that none is made.
    "Mutation.inviteLtiPlatform": "createsAccounts: false",
    "Mutation.pushGrade": "launchLegacyId: 0",
    "Mutation.fillSectionFromLti": "launchLegacyId: 0, sectionLegacyId: 0",
    "Mutation.stopFillingSection": "legacyId: 0",
    # There is no such organization, so that nothing is kept.
    "Mutation.saveComplianceDocument": "organizationLegacyId: 0, kind: DPA",
    "Mutation.removeComplianceDocument": "organizationLegacyId: 0, kind: DPA",
    "Subscription.informationPublished": 'system: LMS, organizationCode: "kakehashi"',
}


def roots(graph: GraphQLSchema) -> list[str]:
    """Every field of Query, Mutation and Subscription, as Type.field."""
    kinds = (graph.query_type, graph.mutation_type, graph.subscription_type)
    return [f"{kind.name}.{name}" for kind in kinds if kind is not None for name in kind.fields]


def smallest(graph: GraphQLSchema, root: str) -> str:
    """The smallest document that asks for a root field."""
    kind, _, name = root.partition(".")
    definition = graph.type_map[kind].fields[name]  # type: ignore[attr-defined]  # Query and Mutation have fields
    arguments = ARGUMENTS.get(root, "")
    for argument, declared in definition.args.items():
        assert not is_required_argument(declared) or f"{argument}:" in arguments, f"{root} needs {argument}"
    given = f"({arguments})" if arguments else ""
    return f"{kind.lower()} {{ {name}{given} {below(get_named_type(definition.type))} }}"


def below(type_: object) -> str:
    """The least that can be asked of a type: its first leaf, or that of its rows or of its first part."""
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    if "nodes" in type_.fields:
        return f"{{ nodes {below(get_named_type(type_.fields['nodes'].type))} }}"
    named = {name: get_named_type(field.type) for name, field in type_.fields.items()}
    leaves = [name for name, found in named.items() if is_leaf_type(found)]
    name = leaves[0] if leaves else next(iter(named))
    return f"{{ {name} {below(named[name])} }}"
