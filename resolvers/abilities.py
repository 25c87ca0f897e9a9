"""What API tokens may be allowed to do: the catalogue, and which ability each operation needs, as a literal table."""

import enum

from resolvers.policy import Operation


class Ability(enum.Enum):
    """What an API token may be allowed to do; a token with all of them says `*`."""

    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    INSTITUTIONS_READ = "institutions:read"
    INSTITUTIONS_WRITE = "institutions:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    COURSES_READ = "courses:read"
    PROGRESS_READ = "progress:read"
    PROGRESS_WRITE = "progress:write"
    PROGRESS_FEED = "progress:feed"
    ANALYTICS_READ = "analytics:read"
    NOTICES_READ = "notices:read"
    PROFILE_WRITE = "profile:write"
    EVENTS_READ = "events:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    EXPORTS_READ = "exports:read"
    EXPORTS_WRITE = "exports:write"
    UPSTREAMS_READ = "upstreams:read"
    UPSTREAMS_WRITE = "upstreams:write"
    XAPI_READ = "xapi:read"
    XAPI_WRITE = "xapi:write"
    LTI_READ = "lti:read"
    LTI_WRITE = "lti:write"
    BILLING_READ = "billing:read"
    BILLING_WRITE = "billing:write"
    SSO_MANAGE = "sso:manage"
    AUDIT_READ = "audit:read"


EVERY_ABILITY = "*"

DESCRIPTIONS = {
    Ability.TOKENS_READ: "List your API tokens.",
    Ability.TOKENS_WRITE: "Make and revoke API tokens; none that may do more than this one.",
    Ability.INSTITUTIONS_READ: "Read organizations, their sections and groups.",
    Ability.INSTITUTIONS_WRITE: "Make organizations; change their names, mail domains, looks and compliance documents.",
    Ability.MEMBERS_READ: "Read students and what they take, who belongs to an organization, and imports of these.",
    Ability.MEMBERS_WRITE: "Give people roles in an organization, end them, and import members.",
    Ability.COURSES_READ: "Read courses, lessons, trainings and training items.",
    Ability.PROGRESS_READ: "Read progress, history, CEFR levels, insights, achievements and leaderboards.",
    Ability.PROGRESS_WRITE: "Record your own progress.",
    Ability.PROGRESS_FEED: "Read the usage feed (利用実績) of all learners, and what was collected of others.",
    Ability.ANALYTICS_READ: "Read numbers over many learners.",
    Ability.NOTICES_READ: "Read notices (お知らせ).",
    Ability.PROFILE_WRITE: "Change your own school and date of birth.",
    Ability.EVENTS_READ: "Follow everything that happens within your reach.",
    Ability.WEBHOOKS_READ: "List webhooks, and what was delivered to them.",
    Ability.WEBHOOKS_WRITE: "Make, change, test and remove webhooks, and deliver again.",
    Ability.EXPORTS_READ: "List your exports, and fetch their files.",
    Ability.EXPORTS_WRITE: "Export learner progress, completions and activity, and whatever else this token may read.",
    Ability.UPSTREAMS_READ: "List the products whose usage feed (利用実績) is collected.",
    Ability.UPSTREAMS_WRITE: "Register, change and remove products whose usage feed is collected.",
    Ability.XAPI_READ: "List xAPI endpoints, and the statements on their way there.",
    Ability.XAPI_WRITE: "Register, change and remove xAPI endpoints.",
    Ability.LTI_READ: "List LTI platforms, launches from there, and the grades that go back.",
    Ability.LTI_WRITE: "Register, change and remove LTI platforms, send grades, and fill sections from there.",
    Ability.BILLING_READ: "Read what organizations subscribe to.",
    Ability.BILLING_WRITE: "Subscribe, open the billing portal, and use promotion codes.",
    Ability.SSO_MANAGE: "See and change how people of an organization sign in by its identity provider.",
    Ability.AUDIT_READ: "Read who read which student's data, and who changed whose role.",
}

# The ability that a token needs for an operation; what needs none is open to any token of a person who may do it.
ABILITIES: dict[Operation, Ability | None] = {
    Operation.ME: None,
    Operation.ORGANIZATIONS: Ability.INSTITUTIONS_READ,
    Operation.SECTIONS: Ability.INSTITUTIONS_READ,
    Operation.GROUPS: Ability.INSTITUTIONS_READ,
    Operation.STUDENTS: Ability.MEMBERS_READ,
    Operation.STUDENTS_BY_COURSE_CATEGORY: Ability.MEMBERS_READ,
    Operation.STUDENTS_BY_UID: Ability.MEMBERS_READ,
    Operation.UPDATE_SELF: Ability.PROFILE_WRITE,
    Operation.LESSON_PACKAGES: Ability.MEMBERS_READ,
    Operation.SCHOOLS: None,
    Operation.COURSES: Ability.COURSES_READ,
    Operation.INFORMATIONS: Ability.NOTICES_READ,
    Operation.USAGE_FEED: Ability.PROGRESS_FEED,
    Operation.PROGRESS: Ability.PROGRESS_READ,
    Operation.RECORD_PROGRESS: Ability.PROGRESS_WRITE,
    Operation.STATISTICS: Ability.ANALYTICS_READ,
    Operation.LEADERBOARD: Ability.PROGRESS_READ,
    Operation.TOKENS: Ability.TOKENS_READ,
    Operation.MANAGE_TOKENS: Ability.TOKENS_WRITE,
    Operation.EVENTS: Ability.EVENTS_READ,
    Operation.WEBHOOKS: Ability.WEBHOOKS_READ,
    Operation.MANAGE_WEBHOOKS: Ability.WEBHOOKS_WRITE,
    Operation.EXPORTS: Ability.EXPORTS_READ,
    Operation.MANAGE_EXPORTS: Ability.EXPORTS_WRITE,
    Operation.UPSTREAMS: Ability.UPSTREAMS_READ,
    Operation.MANAGE_UPSTREAMS: Ability.UPSTREAMS_WRITE,
    Operation.XAPI: Ability.XAPI_READ,
    Operation.MANAGE_XAPI: Ability.XAPI_WRITE,
    Operation.LTI: Ability.LTI_READ,
    Operation.MANAGE_LTI: Ability.LTI_WRITE,
    Operation.LAUNCHES: Ability.LTI_READ,
    Operation.PUSH_GRADES: Ability.LTI_WRITE,
    Operation.BILLING: Ability.BILLING_READ,
    Operation.MANAGE_BILLING: Ability.BILLING_WRITE,
    Operation.MEMBERS: Ability.MEMBERS_READ,
    Operation.MANAGE_MEMBERS: Ability.MEMBERS_WRITE,
    Operation.SSO: Ability.SSO_MANAGE,
    Operation.MANAGE_SSO: Ability.SSO_MANAGE,
    Operation.MANAGE_INSTITUTIONS: Ability.INSTITUTIONS_WRITE,
    Operation.ANALYTICS: Ability.ANALYTICS_READ,
    Operation.ACCESS_LOG: Ability.AUDIT_READ,
    Operation.COMPLIANCE: Ability.INSTITUTIONS_READ,
    Operation.MANAGE_COMPLIANCE: Ability.INSTITUTIONS_WRITE,
}
