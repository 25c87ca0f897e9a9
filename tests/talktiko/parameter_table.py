"""The parameters of each door, in their order: the table of the documentation, and what stands beside it."""

from tests.talktiko.doors import (
    ANALYTICS,
    BULK,
    CHECKOUT,
    COMPLIANCE,
    CONSUMER,
    CONSUMERS,
    IMPORT,
    INSTITUTION,
    INSTITUTIONS,
    INVITATIONS,
    MEMBERS,
    PORTAL,
    PROMO,
    UNNAMED,
)

PAGING = ("page", "per_page")
PAGED, PUBLIC = list(PAGING), ["search", "language", "level"]
DELIVERING, CREDENTIALS = ["document", "ordered", "schedule"], ["auth_type", "username", "password", "token"]
OF_PAYING = {
    f"POST {CHECKOUT}": ["plan", "promo_code", "success_url", "cancel_url", "organization_code"],
    f"POST {PORTAL}": ["return_url", "organization_code"],
    f"POST {PROMO}": ["code", "organization_code"],
}
PLATFORM, POLICY = [*UNNAMED, "deployment_ids", "token_audience"], ["matching", "creates_accounts"]
OF_PLATFORMS = {
    f"GET {CONSUMERS}": list(PAGING),
    f"POST {CONSUMERS}": [*PLATFORM, *POLICY, "organization_code"],
    f"PUT {CONSUMER}": ["id", *PLATFORM, *POLICY, "is_active"],
    f"DELETE {CONSUMER}": ["id"],
    f"POST {INVITATIONS}": [*POLICY, "organization_code"],
}


OF_INSTITUTIONS = {
    f"GET {INSTITUTIONS}": [*PAGING, "search"],
    f"POST {INSTITUTIONS}": ["name", "code", "parent_id", "plan", "domains"],
    f"GET {INSTITUTION}": ["id"],
    f"GET {MEMBERS}": [*PAGING, "id", "role", "status", "search"],
    f"GET {ANALYTICS}": ["id", "from", "to", "granularity"],
    f"GET {COMPLIANCE}": ["id"],
}
OF_IMPORTS = {
    f"POST {BULK}": ["id", "mode", "dry_run", "csv"],
    f"GET {IMPORT}": ["id", "import"],
    f"GET {IMPORT}/rows": [*PAGING, "id", "import", "action"],
    f"GET {IMPORT}/errors": [*PAGING, "id", "import"],
    f"POST {IMPORT}/apply": ["id", "import", "confirmed"],
    f"DELETE {IMPORT}": ["id", "import"],
}
TABLE = {
    "POST /auth/sign-in": ["email", "password", "device_name", "abilities"],
    "GET /auth/me": [],
    "GET /integrations/tokens": PAGED,
    "POST /integrations/tokens": ["name", "abilities", "expires_at", "documents_only"],
    "DELETE /integrations/tokens/{token}": ["token"],
    "GET /integrations/abilities": [],
    "GET /public/courses": [*PAGED, *PUBLIC],
    "GET /public/courses/{slug}": ["slug"],
    "GET /courses": [*PAGED, *PUBLIC, "category", "published", "sort", "updated_since"],
    "GET /courses/{id}": ["id"],
    "GET /lessons": [*PAGED, "course_id"],
    "GET /trainings": [*PAGED, "lesson_id", "course_id"],
    "GET /trainingItems": [*PAGED, "type", "training_id"],
    "GET /stats": [],
    "GET /courses/{course}/lesson-progress": [*PAGED, "course", "user_id"],
    "GET /progress-history": [*PAGED, "from", "to", "granularity", "course_id", "user_id"],
    "GET /cefr/report": ["user_id"],
    "GET /learning-insights": ["from", "to", "user_id"],
    "GET /gamification/stats": ["user_id"],
    "GET /gamification/leaderboard": [*PAGED, "period", "scope"],
    "GET /subscription-plans": [],
    "GET /integrations/webhooks": PAGED,
    "POST /integrations/webhooks": ["url", "events", "secret", *DELIVERING],
    "GET /integrations/webhooks/{id}": ["id"],
    "PUT /integrations/webhooks/{id}": ["id", "url", "events", "is_active", *DELIVERING],
    "PATCH /integrations/webhooks/{id}": ["id", "url", "events", "is_active", *DELIVERING],
    "DELETE /integrations/webhooks/{id}": ["id"],
    "POST /integrations/webhooks/{id}/test": ["id"],
    "POST /integrations/webhooks/{id}/rotate-secret": ["id", "secret", "overlap_hours"],
    "GET /integrations/webhooks/{id}/deliveries": [*PAGED, "id", "status", "event", "from", "to"],
    "POST /integrations/webhooks/{id}/replay": ["id", "from", "to", "from_seq", "only_failed", "to_url"],
    "POST /integrations/webhooks/{id}/deliveries/{delivery}/retry": ["id", "delivery"],
    "GET /integrations/exports": [*PAGED, "type", "status"],
    "POST /integrations/exports": [
        *("type", "from", "to", "course_id", "institution_id", "format", "encoding", "document", "variables"),
    ],
    "GET /integrations/exports/{id}": ["id"],
    "DELETE /integrations/exports/{id}": ["id"],
    "GET /integrations/exports/{id}/download": ["id"],
    "GET /integrations/upstreams": PAGED,
    "POST /integrations/upstreams": ["name", "url", "credential"],
    "GET /integrations/upstreams/{id}": ["id"],
    "PATCH /integrations/upstreams/{id}": ["id", "url", "credential", "is_active"],
    "DELETE /integrations/upstreams/{id}": ["id"],
    "GET /integrations/collected-usage": [*PAGED, "source", "user_id", "from", "to"],
    "GET /integrations/xapi-endpoints": PAGED,
    "POST /integrations/xapi-endpoints": ["name", "url", *CREDENTIALS, "version", "verbs"],
    "PUT /integrations/xapi-endpoints/{id}": ["id", *CREDENTIALS, "name", "url", "version", "verbs", "is_active"],
    "DELETE /integrations/xapi-endpoints/{id}": ["id"],
    **OF_PLATFORMS,
    **OF_INSTITUTIONS,
    **OF_IMPORTS,
    "POST /lti/grade-passback/{launch}": [
        *("launch", "score_given", "score_maximum", "comment", "activity_progress", "grading_progress"),
    ],
    **OF_PAYING,
    "GET /institutions/{id}/sso": ["id"],
    "PUT /institutions/{id}/sso": ["id", "protocol", "settings", "enabled"],
    "GET /trial/status": [],
}
