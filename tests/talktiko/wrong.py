"""Values that are none of their parameter's kind, as texts and as JSON."""

from collections.abc import Mapping

NUL = "a\x00b"
NUMBERS = ("abc", "1.5", "1e3", "2147483648", "-2147483649", "9" * 30, "９", " 1")
NUMBERS_IN_PATHS = ("abc", "0", "-1", "1.5", "2147483648", "9" * 30)
DAYS = ("2026-02-30", "2026-2-3", "20260203", "0000-01-01", "10000-01-01", "2026-01-01T00:00:00Z", "today")
MOMENTS = (
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00+25:00",
    "1735657200",
    "now",
)
WRONG: Mapping[str, tuple[object, ...]] = {
    "category": (NUL,),
    "course": (NUL,),
    "course_id": (NUL,),
    "from": DAYS,
    "granularity": ("year", "DAY", "day,week"),
    "id": (NUL,),
    "language": (NUL,),
    "launch": NUMBERS_IN_PATHS,
    "lesson_id": NUMBERS,
    "level": ("a1", "A3", "A1,A2", "1"),
    "period": ("day", "WEEK", "week,month"),
    "published": ("yes", "TRUE", "2", "on", "null"),
    "scope": ("world", "PLATFORM", "institution,platform"),
    "search": (NUL,),
    "slug": (NUL,),
    "sort": ("bogus", "SEQ", "seq,name", "--seq", "+seq", "seq desc", "-", "id"),
    "to": DAYS,
    "token": NUMBERS_IN_PATHS,
    "training_id": NUMBERS,
    "type": ("essay", "DICTATION", "dictation,reading"),
    "updated_since": MOMENTS,
    "user_id": NUMBERS,
}
# What is called as elsewhere, and of another kind.
WRONG_OF_EXPORTS: Mapping[str, tuple[object, ...]] = {
    "id": NUMBERS_IN_PATHS,
    "status": ("COMPLETED", "pending,failed", "lost", "5"),
    "type": ("essay", "ACTIVITY", "activity,completions"),
}
WRONG_OF_WEBHOOKS: Mapping[str, tuple[object, ...]] = {
    "delivery": NUMBERS_IN_PATHS,
    "event": (NUL,),
    "from": MOMENTS,
    "id": NUMBERS_IN_PATHS,
    "status": ("DEAD", "dead,failed", "lost", "5"),
    "to": MOMENTS,
}
WRONG_OF_UPSTREAMS: Mapping[str, tuple[object, ...]] = {
    "from": MOMENTS,
    "id": NUMBERS_IN_PATHS,
    "source": (NUL,),
    "to": MOMENTS,
    "user_id": (NUL,),
}
WRONG_OF_IMPORTS: Mapping[str, tuple[object, ...]] = {
    "action": ("CREATED", "created,updated", "lost", "5"),
    "id": NUMBERS_IN_PATHS,
    "import": NUMBERS_IN_PATHS,
}
# In JSON, where values have types.
WRONG_IN_JSON: Mapping[str, tuple[object, ...]] = {
    "mode": ("UPSERT", "upsert,mirror", "delete", 5, ["upsert"], {}, True),
    "dry_run": ("yes", 2, ["true"], {}),
    "confirmed": ("yes", 2, ["true"], {}),
    "csv": (5, ["external_id"], {}, True, NUL),
    "protocol": ("OIDC", "oidc,saml", "ldap", 5, ["oidc"], {}, True),
    "settings": (
        *("{}", 5, [{}], True, {"domains": "a.example.jp"}, {"enforced": "maybe"}, {"roles": {}}, {"issuer": NUL}),
        *({"default_role": "administrator"}, {"roles": [{"value": "a", "role": "administrator"}]}, {"domains": [1]}),
        {"token_auth": "private_key_jwt"},
    ),
    "enabled": ("yes", 2, [True], {}),
    "score_given": ("abc", "1e3", "Infinity", "1.", [1], {}, True),
    "score_maximum": ("abc", "1e3", "-", ".5", [1], {}, False),
    "comment": (5, ["well done"], {}, True, NUL),
    "activity_progress": ("completed", "COMPLETED", "In Progress", "FullyGraded", 5, ["Completed"], {}, True),
    "grading_progress": ("fully_graded", "FULLY_GRADED", "Completed", 5, ["Pending"], {}, True),
    "auth_type": ("BASIC", "basic,bearer", "digest", 5, ["basic"], {}, True),
    "issuer": (5, ["https://93.184.216.34"], {}, True, NUL),
    "client_id": (5, ["1"], {}, True, NUL),
    "auth_login_url": (5, ["https://93.184.216.34/"], {}, True, NUL),
    "auth_token_url": (5, ["https://93.184.216.34/"], {}, True, NUL),
    "jwks_url": (5, ["https://93.184.216.34/"], {}, True, NUL),
    "deployment_ids": ("1", {"0": "1"}, [1], [None], [["1"]], [NUL], 5, True),
    "token_audience": (5, ["https://93.184.216.34/"], {}, True, NUL),
    "matching": ("EMAIL", "email,nothing", "name", 5, ["email"], {}, True),
    "creates_accounts": ("yes", 2, ["true"], {}),
    "organization_code": (5, ["kakehashi"], {}, True, NUL),
    "promo_code": (5, ["pro"], {}, True, NUL),
    **dict.fromkeys(("success_url", "cancel_url", "return_url"), (5, ["https://app.example/"], {}, True, NUL)),
    "username": (5, ["us"], {}, True, NUL),
    "token": (5, ["abc"], {}, True, NUL),
    "version": ("1.0", 1.0, ["1.0.3"], {}, True),
    "verbs": ("completed", {"0": "completed"}, [1], [None], [["completed"]], [NUL], 5, True),
    "abilities": ("courses:read", {"0": "courses:read"}, [1], [None], [["*"]], 5, True),
    "credential": (5, ["token"], {}, True, NUL),
    "device_name": (5, ["phone"], {}, True, NUL),
    "documents_only": ("yes", 2, ["true"], {}),
    "email": (5, ["student@kakehashi.example"], {}, True, NUL),
    "expires_at": (*MOMENTS, 1735657200, ["2030-01-01T00:00:00Z"], {}),
    "code": (5, ["code"], {}, True, NUL),
    "domains": ("example.jp", {"0": "example.jp"}, [1], [None], [["example.jp"]], [NUL], 5, True),
    "parent_id": ("abc", "1.5", 1.5, 2**31, [1], {}, True),
    "plan": ("PRO", "free,pro", "gratis", 5, ["pro"], {}, True),
    "name": (5, ["name"], {}, True, NUL),
    "password": (5, ["kakehashi-demo"], {}, True, NUL),
    "document": (5, ["subscription"], {}, True, NUL),
    "events": ("lesson.*", {"0": "lesson.*"}, [1], [None], [["*"]], [NUL], 5, True),
    "from": (*MOMENTS, 1735657200, ["2030-01-01T00:00:00Z"], {}),
    "from_seq": (5, ["5"], {}, True, NUL),
    "is_active": ("yes", 2, ["true"], {}),
    "only_failed": ("yes", 2, ["true"], {}),
    "ordered": ("yes", 2, ["true"], {}),
    "overlap_hours": ("abc", "1.5", 1.5, 2**31, [1], {}, True),
    "schedule": ("LONG", "long,short", "for ever", 5, ["long"], {}, True),
    "secret": (5, ["a-secret-of-our-own"], {}, True, NUL),
    "to": (*MOMENTS, 1735657200, ["2030-01-01T00:00:00Z"], {}),
    "to_url": (5, ["https://93.184.216.34/"], {}, True, NUL),
    "url": (5, ["https://93.184.216.34/"], {}, True, NUL),
}
WRONG_IN_JSON_OF_EXPORTS: Mapping[str, tuple[object, ...]] = {
    "course_id": (5, ["501"], {}, True, NUL),
    "document": WRONG_IN_JSON["document"],
    "encoding": ("UTF-8", "utf8", "utf_8", "utf-8,cp932", 5, ["utf-8"], {}, True),
    "format": ("CSV", "csv,jsonl", "xlsx", 5, ["csv"], {}, True),
    "from": (*DAYS, 20260101, ["2026-01-01"], {}),
    "institution_id": ("abc", "1.5", 1.5, 2**31, [1], {}, True),
    "to": (*DAYS, 20260101, ["2026-01-01"], {}),
    "type": ("essay", "ACTIVITY", "activity,completions", 5, ["activity"], {}, True),
    "variables": ("{}", 5, [{}], True, {"a": NUL}, {NUL: 1}, {"a": [{"b": NUL}]}),
}
WRONG_OF_INSTITUTIONS: Mapping[str, tuple[object, ...]] = {
    "from": DAYS,
    "granularity": WRONG["granularity"],
    "id": NUMBERS_IN_PATHS,
    "role": ("STUDENT", "coach", "administrator", "student,homeroom_teacher", "5"),
    "search": (NUL,),
    "status": ("ACTIVE", "active,ended", "gone", "5"),
    "to": DAYS,
}
