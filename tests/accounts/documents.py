"""Every stored document and every REST door with a call that fits it: who asks, with which values, which abilities."""

from dataclasses import dataclass, field
from pathlib import Path

from gateway.diverse.routes import DOCUMENTS as DIVERSE_DOCUMENTS
from gateway.talktiko.routes import DOCUMENTS as TALKTIKO_DOCUMENTS
from tests.accounts.calling import ADMINISTRATOR, EMAILS, OWNER, STUDENT

FOLDERS = {"diverse": DIVERSE_DOCUMENTS, "talktiko": TALKTIKO_DOCUMENTS}
DIVERSE, TALKTIKO = "/api/v1", "/api"
COURSE = "first-steps-a1"
WEBHOOKS = f"{TALKTIKO}/integrations/webhooks"
UPSTREAMS, COLLECTED = f"{TALKTIKO}/integrations/upstreams", f"{TALKTIKO}/integrations/collected-usage"
ENDPOINTS = f"{TALKTIKO}/integrations/xapi-endpoints"
SCHOOLS = f"{TALKTIKO}/institutions"
CONSUMERS = f"{TALKTIKO}/integrations/lti-consumers"
NO_CONSUMER = f"{CONSUMERS}/999999"
UNNAMED = dict.fromkeys(("name", "issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url"), " ")
NO_ENDPOINT = f"{ENDPOINTS}/999999"
NO_WEBHOOK, REFUSED_URL = f"{WEBHOOKS}/999999", "https://127.0.0.1/"
EXPORTS = f"{TALKTIKO}/integrations/exports"
NO_EXPORT = f"{EXPORTS}/999999"
BULK = f"{TALKTIKO}/institutions/2001/members/bulk"
NO_IMPORT = f"{BULK}/999999"
SINCE, UNTIL = "2020-01-01T00:00:00+00:00", "2030-01-01T00:00:00+00:00"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a door: what it needs of a token is written here from the documentation, not from the graph."""

    document: str
    method: str
    path: str
    given: dict[str, object] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    uid: str = OWNER

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.document}"

    @property
    def dialect(self) -> str:
        """Whose door it is."""
        return "diverse" if self.path.startswith(DIVERSE) else "talktiko"

    @property
    def file(self) -> Path:
        """The document."""
        return FOLDERS[self.dialect] / f"{self.document}.graphql"


def call(document: str, asked: str, needs: str = "", uid: str = OWNER, **given: object) -> Call:
    """A call; `asked` is method and path."""
    method, _, path = asked.partition(" ")
    return Call(document, method, path, given, frozenset(needs.split()), uid)


KAKEHASHI = {"organization_code": "kakehashi"}
INSTITUTIONS, MEMBERS = "institutions:read", "members:read"
# A student's sections and groups are shown with the student, so these lists need both abilities.
STUDENTS = f"{MEMBERS} {INSTITUTIONS}"

DIVERSE_CALLS = (
    call("me_student", f"GET {DIVERSE}/me", INSTITUTIONS, STUDENT),
    call("me_staff", f"GET {DIVERSE}/me", INSTITUTIONS),
    call("me_administrator", f"GET {DIVERSE}/me", "", ADMINISTRATOR),
    call("organizations", f"GET {DIVERSE}/organizations", INSTITUTIONS),
    call("sections", f"GET {DIVERSE}/sections", INSTITUTIONS, **KAKEHASHI),
    call("groups", f"GET {DIVERSE}/groups", INSTITUTIONS, **KAKEHASHI),
    call("students", f"GET {DIVERSE}/students", STUDENTS, **KAKEHASHI),
    # A school that is unknown: refused or not, nothing is changed.
    call(
        "update_self",
        f"PATCH {DIVERSE}/students/me",
        "profile:write",
        STUDENT,
        school_code="none",
        date_of_birth="2010-01-01",
    ),
    call(
        "update_self",
        f"PUT {DIVERSE}/students/me",
        "profile:write",
        STUDENT,
        school_code="none",
        date_of_birth="2010-01-01",
    ),
    call("lesson_packages", f"POST {DIVERSE}/students/lesson_packages", MEMBERS, **KAKEHASHI),
    call(
        "students_by_course_category",
        f"GET {DIVERSE}/students/by_course_category",
        STUDENTS,
        course_category="packaged",
        **KAKEHASHI,
    ),
    call("students_search", f"POST {DIVERSE}/students/search", STUDENTS, uids=[STUDENT]),
    call("schools", f"GET {DIVERSE}/schools"),
    call("courses", f"GET {DIVERSE}/courses", "courses:read"),
    call("informations", f"GET {DIVERSE}/informations", "notices:read", system="coaching", **KAKEHASHI),
    call(
        "progresses",
        f"GET {DIVERSE}/progresses",
        "progress:feed",
        ADMINISTRATOR,
        page=1,
        per=100,
        created_at_from=SINCE,
        created_at_to=UNTIL,
        order_by="id",
    ),
)
TALKTIKO_CALLS = (
    call("me", f"GET {TALKTIKO}/auth/me"),
    call("tokens", f"GET {TALKTIKO}/integrations/tokens", "tokens:read"),
    # No ability at all is asked for, so no token is made.
    call("create_token", f"POST {TALKTIKO}/integrations/tokens", "tokens:write", name="x", abilities=[]),
    call("revoke_token", f"DELETE {TALKTIKO}/integrations/tokens/999999", "tokens:write"),
    call("abilities", f"GET {TALKTIKO}/integrations/abilities"),
    call("courses", f"GET {TALKTIKO}/courses", "courses:read"),
    call("course", f"GET {TALKTIKO}/courses/{COURSE}", "courses:read"),
    call("lessons", f"GET {TALKTIKO}/lessons", "courses:read"),
    call("trainings", f"GET {TALKTIKO}/trainings", "courses:read"),
    call("training_items", f"GET {TALKTIKO}/trainingItems", "courses:read"),
    call("stats", f"GET {TALKTIKO}/stats", "analytics:read"),
    call("lesson_progress", f"GET {TALKTIKO}/courses/{COURSE}/lesson-progress", "progress:read", STUDENT),
    call("progress_history", f"GET {TALKTIKO}/progress-history", "progress:read", STUDENT),
    call("cefr_report", f"GET {TALKTIKO}/cefr/report", "progress:read", STUDENT),
    call("learning_insights", f"GET {TALKTIKO}/learning-insights", "progress:read", STUDENT),
    call("gamification_stats", f"GET {TALKTIKO}/gamification/stats", "progress:read", STUDENT),
    call("leaderboard", f"GET {TALKTIKO}/gamification/leaderboard", "progress:read", STUDENT),
    call("trial_status", f"GET {TALKTIKO}/trial/status"),
    call("compliance", f"GET {TALKTIKO}/institutions/2001/compliance", INSTITUTIONS),
    call("webhooks", f"GET {WEBHOOKS}", "webhooks:read"),
    call("webhook", f"GET {NO_WEBHOOK}", "webhooks:read"),
    call("webhook_deliveries", f"GET {NO_WEBHOOK}/deliveries", "webhooks:read"),
    # The address is refused, and elsewhere there is no such webhook: nothing is made or changed.
    call("create_webhook", f"POST {WEBHOOKS}", "webhooks:write", url=REFUSED_URL, events=["*"]),
    call("update_webhook", f"PUT {NO_WEBHOOK}", "webhooks:write", url=REFUSED_URL, events=["*"]),
    call("update_webhook", f"PATCH {NO_WEBHOOK}", "webhooks:write", is_active=False),
    call("delete_webhook", f"DELETE {NO_WEBHOOK}", "webhooks:write"),
    call("test_webhook", f"POST {NO_WEBHOOK}/test", "webhooks:write"),
    call("rotate_webhook_secret", f"POST {NO_WEBHOOK}/rotate-secret", "webhooks:write"),
    call("replay_deliveries", f"POST {NO_WEBHOOK}/replay", "webhooks:write"),
    call("retry_delivery", f"POST {NO_WEBHOOK}/deliveries/999999/retry", "webhooks:write"),
    call("exports", f"GET {EXPORTS}", "exports:read"),
    # There is no such course, so that nothing is exported.
    call("start_export", f"POST {EXPORTS}", "exports:write", type="activity", course_id="none"),
    call("export", f"GET {NO_EXPORT}", "exports:read"),
    call("cancel_export", f"DELETE {NO_EXPORT}", "exports:write"),
    call("download_export", f"GET {NO_EXPORT}/download", "exports:read"),
    call("upstreams", f"GET {UPSTREAMS}", "upstreams:read", ADMINISTRATOR),
    call("upstream", f"GET {UPSTREAMS}/999999", "upstreams:read", ADMINISTRATOR),
    call("create_upstream", f"POST {UPSTREAMS}", "upstreams:write", ADMINISTRATOR, name="x", url=REFUSED_URL),
    call("update_upstream", f"PATCH {UPSTREAMS}/999999", "upstreams:write", ADMINISTRATOR, is_active=False),
    call("delete_upstream", f"DELETE {UPSTREAMS}/999999", "upstreams:write", ADMINISTRATOR),
    call("collected_usage", f"GET {COLLECTED}", "progress:feed", ADMINISTRATOR),
    call("xapi_endpoints", f"GET {ENDPOINTS}", "xapi:read"),
    call("register_xapi_endpoint", f"POST {ENDPOINTS}", "xapi:write", url=REFUSED_URL),
    call("update_xapi_endpoint", f"PUT {NO_ENDPOINT}", "xapi:write", is_active=False),
    call("delete_xapi_endpoint", f"DELETE {NO_ENDPOINT}", "xapi:write"),
    call("lti_platforms", f"GET {CONSUMERS}", "lti:read"),
    call("register_lti_platform", f"POST {CONSUMERS}", "lti:write", **UNNAMED, deployment_ids=["1"]),
    call("update_lti_platform", f"PUT {NO_CONSUMER}", "lti:write", is_active=False),
    call("delete_lti_platform", f"DELETE {NO_CONSUMER}", "lti:write"),
    # Nobody could come in by it, so that none is made.
    call("invite_lti_platform", f"POST {CONSUMERS}/invitations", "lti:write", creates_accounts=False),
    call("sso", f"GET {TALKTIKO}/institutions/2001/sso", "sso:manage"),
    call("save_sso", f"PUT {TALKTIKO}/institutions/999999/sso", "sso:manage", protocol="oidc"),
    call("institutions", f"GET {SCHOOLS}", INSTITUTIONS),
    call("institution", f"GET {SCHOOLS}/2001", INSTITUTIONS),
    # Nothing can be called so, so that none is made.
    call("create_institution", f"POST {SCHOOLS}", "institutions:write", name="x", code=" "),
    call("institution_members", f"GET {SCHOOLS}/2001/members", MEMBERS),
    call("institution_analytics", f"GET {SCHOOLS}/2001/analytics", "analytics:read"),
    # There is no such launch, so that nothing is queued.
    call("push_grade", f"POST {TALKTIKO}/lti/grade-passback/999999", "lti:write", score_given=1),
    # There is no such plan, organization or code, so that nobody is asked to pay.
    call("create_checkout_session", f"POST {TALKTIKO}/billing/checkout-session", "billing:write", plan="none"),
    call("create_portal_session", f"POST {TALKTIKO}/billing/portal-session", "billing:write", organization_code="none"),
    call("apply_promo", f"POST {TALKTIKO}/billing/apply-promo", "billing:write", code="no code"),
    # The heading is not known, so that nothing is kept.
    call("start_import", f"POST {BULK}", "members:write", csv="none"),
    call("import", f"GET {NO_IMPORT}", "members:read"),
    call("import_rows", f"GET {NO_IMPORT}/rows", "members:read"),
    call("import_errors", f"GET {NO_IMPORT}/errors", "members:read"),
    call("apply_import", f"POST {NO_IMPORT}/apply", "members:write"),
    call("cancel_import", f"DELETE {NO_IMPORT}", "members:write"),
)
# These look at no token, whatever it may do.
ANONYMOUS_CALLS = (
    call("sign_in", f"POST {TALKTIKO}/auth/sign-in", email=EMAILS[OWNER], password="wrong", abilities=[]),
    call("public_courses", f"GET {TALKTIKO}/public/courses"),
    call("public_course", f"GET {TALKTIKO}/public/courses/{COURSE}"),
    call("subscription_plans", f"GET {TALKTIKO}/subscription-plans"),
)
CALLS = (*DIVERSE_CALLS, *TALKTIKO_CALLS, *ANONYMOUS_CALLS)
