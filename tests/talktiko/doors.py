"""Every door of the Talktiko API with a request that it answers well, and what each needs."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx2
from starlette.routing import compile_path

from gateway.doors.door import Door
from gateway.talktiko.routes import DOORS
from tests.talktiko.asking import ADMINISTRATOR, OWNER, STUDENT, Api, Given
from tests.talktiko.consuming import USED_LAUNCH, USED_PLATFORM
from tests.talktiko.exporting import CSV, DONE
from tests.talktiko.forwarding import REFUSED_STORE, USED_ENDPOINT
from tests.talktiko.importing import BULK_OF_OWNER, EMPTY, PLANNED
from tests.talktiko.signing_on import ORGANIZATION
from tests.talktiko.telling import FIRST_USED, QUIET, REFUSED_URL, SHOWN, SHOWN_UPSTREAM, URL, USED, USED_UPSTREAM

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the documented table: method and path, the ability, and one request that is answered well.

    A list has `empty`: a path under which there is nothing in it. `media` is the type of a good answer.
    """

    method: str
    path: str
    ability: str | None
    asked: str = ""
    body: Given | None = None
    empty: str | None = None
    anonymous: bool = False
    cached: bool = False
    status: HTTPStatus = HTTPStatus.OK
    uid: str = STUDENT
    media: str = JSON

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """The path of the request."""
        return self.asked or self.path

    @property
    def is_list(self) -> bool:
        """Whether the answer has pages."""
        return self.empty is not None

    @property
    def door(self) -> Door:
        """The door as the product declares it."""
        return next(door for door in DOORS if door.path == self.path and self.method in door.methods)

    @property
    def inside(self) -> dict[str, str]:
        """What stands in the path of the request."""
        found = compile_path(self.path)[0].fullmatch(self.address.partition("?")[0])
        return {} if found is None else found.groupdict()

    async def ask(self, api: Api, **more: Any) -> httpx2.Response:  # noqa: ANN401  # as httpx
        """Ask as the door is meant to be asked."""
        return await self.ask_at(api, self.address, json=self.body, **more)

    async def ask_at(self, api: Api, address: str, *, method: str = "", **more: Any) -> httpx2.Response:  # noqa: ANN401  # as httpx
        """Ask at another address of the door."""
        if self.anonymous:
            return await api.nobody(method or self.method, address, **more)
        return await api.ask(method or self.method, address, uid=self.uid, **more)

    async def ask_bare(self, api: Api, headers: Given, **more: Any) -> httpx2.Response:  # noqa: ANN401  # as httpx
        """Ask with no other headers than these."""
        return await api.nobody(self.method, self.address, json=self.body, headers=headers, **more)


# Refused before anything is compared, so that it does not count as an attempt to sign in.
NO_ABILITY = {"email": "nobody@kakehashi.example", "password": "wrong", "abilities": []}
NOTHING = "search=nothing"
UPSTREAMS, UPSTREAM, COLLECTED = (
    "/integrations/upstreams",
    "/integrations/upstreams/{id}",
    "/integrations/collected-usage",
)
SSO = "/institutions/{id}/sso"
INSTITUTIONS, INSTITUTION = "/institutions", "/institutions/{id}"
MEMBERS, ANALYTICS = f"{INSTITUTION}/members", f"{INSTITUTION}/analytics"
# The number of the demo's own cram school.
KAKEHASHI = 2001
PASSBACK = "/lti/grade-passback/{launch}"
COMPLIANCE = "/institutions/{id}/compliance"
CONSUMERS, CONSUMER = "/integrations/lti-consumers", "/integrations/lti-consumers/{id}"
INVITATIONS = f"{CONSUMERS}/invitations"
CHECKOUT, PORTAL, PROMO = "/billing/checkout-session", "/billing/portal-session", "/billing/apply-promo"
# There is no such plan, organization or code, so that nobody is asked to pay.
NOTHING_PAID: dict[str, Given] = {
    CHECKOUT: {"plan": "none"},
    PORTAL: {"organization_code": "none"},
    PROMO: {"code": "no code"},
}
# What is wrong about it is that it says nothing.
UNNAMED = dict.fromkeys(("name", "issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url"), " ")
ENDPOINTS, ENDPOINT = "/integrations/xapi-endpoints", "/integrations/xapi-endpoints/{id}"
WEBHOOKS, WEBHOOK = "/integrations/webhooks", "/integrations/webhooks/{id}"
EXPORTS, EXPORT = "/integrations/exports", "/integrations/exports/{id}"
BULK, IMPORT = "/institutions/{id}/members/bulk", "/institutions/{id}/members/bulk/{import}"


def of_webhook(
    method: str,
    path: str,
    asked: str,
    body: Given | None = None,
    *,
    empty: str | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Line:
    """A line below a webhook: reading needs one ability, and all else the other."""
    ability = "webhooks:read" if method == "GET" else "webhooks:write"
    return Line(method, f"{WEBHOOK}{path}", ability, f"{WEBHOOKS}/{asked}", body, empty, status=status, uid=OWNER)


def of_upstream(method: str, number: int, body: Given | None = None, *, status: HTTPStatus = HTTPStatus.OK) -> Line:
    """A line of one upstream."""
    ability = "upstreams:read" if method == "GET" else "upstreams:write"
    return Line(method, UPSTREAM, ability, f"{UPSTREAMS}/{number}", body, status=status, uid=ADMINISTRATOR)


LINES = (
    Line(
        *("POST", "/auth/sign-in", None),
        body=NO_ABILITY,
        anonymous=True,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    Line("GET", "/auth/me", None),
    Line("GET", "/integrations/tokens", "tokens:read", empty=""),
    Line(
        *("POST", "/integrations/tokens", "tokens:write"),
        body={"name": "made", "abilities": ["tokens:write"]},
        status=HTTPStatus.CREATED,
    ),
    Line(
        *("DELETE", "/integrations/tokens/{token}", "tokens:write", "/integrations/tokens/2147483647"),
        status=HTTPStatus.NOT_FOUND,
    ),
    Line("GET", "/integrations/abilities", None),
    Line("GET", "/public/courses", None, empty=f"/public/courses?{NOTHING}", anonymous=True, cached=True),
    Line("GET", "/public/courses/{slug}", None, "/public/courses/first-steps-a1", anonymous=True, cached=True),
    Line("GET", "/courses", "courses:read", empty=f"/courses?{NOTHING}"),
    Line("GET", "/courses/{id}", "courses:read", "/courses/501"),
    Line("GET", "/lessons", "courses:read", empty="/lessons?course_id=110A01"),
    Line("GET", "/trainings", "courses:read", empty="/trainings?lesson_id=1"),
    Line("GET", "/trainingItems", "courses:read", empty="/trainingItems?training_id=1"),
    Line("GET", "/stats", "analytics:read"),
    Line(
        *("GET", "/courses/{course}/lesson-progress", "progress:read", "/courses/501/lesson-progress"),
        empty="/courses/110A01/lesson-progress",
    ),
    Line("GET", "/progress-history", "progress:read", empty="/progress-history?to=2020-01-01"),
    Line("GET", "/cefr/report", "progress:read"),
    Line("GET", "/learning-insights", "progress:read"),
    Line("GET", "/gamification/stats", "progress:read"),
    Line("GET", "/gamification/leaderboard", "progress:read", "/gamification/leaderboard?period=all", empty=""),
    Line("GET", "/subscription-plans", None, anonymous=True, cached=True),
    Line("GET", WEBHOOKS, "webhooks:read", empty="", uid=OWNER),
    Line(
        *("POST", WEBHOOKS, "webhooks:write"),
        body={"url": REFUSED_URL, "events": []},
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        uid=OWNER,
    ),
    of_webhook("GET", "", f"{SHOWN}"),
    of_webhook("PUT", "", f"{USED}", {"url": URL, "events": ["*"]}),
    of_webhook("PATCH", "", f"{USED}", {"ordered": True}),
    of_webhook("DELETE", "", "2147483647", status=HTTPStatus.NOT_FOUND),
    of_webhook("POST", "/test", f"{USED}/test", {}, status=HTTPStatus.ACCEPTED),
    of_webhook("POST", "/rotate-secret", f"{USED}/rotate-secret", {}),
    of_webhook("GET", "/deliveries", f"{SHOWN}/deliveries", empty=f"{WEBHOOKS}/{QUIET}/deliveries"),
    of_webhook("POST", "/replay", f"{USED}/replay", {}, status=HTTPStatus.ACCEPTED),
    of_webhook(
        *("POST", "/deliveries/{delivery}/retry", f"{USED}/deliveries/{FIRST_USED}/retry"),
        {},
        status=HTTPStatus.ACCEPTED,
    ),
    Line("GET", EXPORTS, "exports:read", empty=f"{EXPORTS}?type=learner_progress&status=failed", uid=OWNER),
    # Without a document, so that nothing is queued.
    Line(
        *("POST", EXPORTS, "exports:write"),
        body={"type": "document"},
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        uid=OWNER,
    ),
    Line("GET", EXPORT, "exports:read", f"{EXPORTS}/{DONE}", uid=OWNER),
    Line("DELETE", EXPORT, "exports:write", f"{EXPORTS}/2147483647", status=HTTPStatus.NOT_FOUND, uid=OWNER),
    Line("GET", f"{EXPORT}/download", "exports:read", f"{EXPORTS}/{DONE}/download", uid=OWNER, media=CSV),
    Line("GET", UPSTREAMS, "upstreams:read", empty="", uid=ADMINISTRATOR),
    Line(
        *("POST", UPSTREAMS, "upstreams:write"),
        body={"name": "new", "url": REFUSED_URL},
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        uid=ADMINISTRATOR,
    ),
    of_upstream("GET", SHOWN_UPSTREAM),
    of_upstream("PATCH", USED_UPSTREAM, {"is_active": True}),
    of_upstream("DELETE", 2147483647, status=HTTPStatus.NOT_FOUND),
    Line("GET", COLLECTED, "progress:feed", empty=f"{COLLECTED}?source=nothing", uid=ADMINISTRATOR),
    Line("GET", ENDPOINTS, "xapi:read", empty="", uid=OWNER),
    Line(
        *("POST", ENDPOINTS, "xapi:write"),
        body={"url": REFUSED_STORE},
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        uid=OWNER,
    ),
    Line(
        *("PUT", ENDPOINT, "xapi:write", f"{ENDPOINTS}/{USED_ENDPOINT}"),
        body={"username": "us", "password": "a password"},
        uid=OWNER,
    ),
    Line(
        *("DELETE", ENDPOINT, "xapi:write", f"{ENDPOINTS}/2147483647"),
        status=HTTPStatus.NOT_FOUND,
        uid=OWNER,
    ),
    Line("GET", CONSUMERS, "lti:read", empty="", uid=OWNER),
    Line(
        *("POST", CONSUMERS, "lti:write"),
        body={**UNNAMED, "deployment_ids": ["1"]},
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        uid=OWNER,
    ),
    Line(*("PUT", CONSUMER, "lti:write", f"{CONSUMERS}/{USED_PLATFORM}"), body={"name": "LMS"}, uid=OWNER),
    Line(*("DELETE", CONSUMER, "lti:write", f"{CONSUMERS}/2147483647"), status=HTTPStatus.NOT_FOUND, uid=OWNER),
    Line(
        *("POST", INVITATIONS, "lti:write"),
        body={"creates_accounts": False},
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        uid=OWNER,
    ),
    Line(
        *("POST", PASSBACK, "lti:write", f"/lti/grade-passback/{USED_LAUNCH}"),
        body={"score_given": 8, "score_maximum": 10},
        status=HTTPStatus.ACCEPTED,
        uid=OWNER,
    ),
    *(
        Line("POST", path, "billing:write", body=body, status=HTTPStatus.UNPROCESSABLE_ENTITY, uid=OWNER)
        for path, body in NOTHING_PAID.items()
    ),
    # The heading is not known, so that nothing is kept.
    Line(
        *("POST", BULK, "members:write", BULK_OF_OWNER),
        body={"csv": "none"},
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        uid=OWNER,
    ),
    Line("GET", IMPORT, "members:read", f"{BULK_OF_OWNER}/{PLANNED}", uid=OWNER),
    Line(
        *("GET", f"{IMPORT}/rows", "members:read", f"{BULK_OF_OWNER}/{PLANNED}/rows"),
        empty=f"{BULK_OF_OWNER}/{EMPTY}/rows",
        uid=OWNER,
    ),
    Line(
        *("GET", f"{IMPORT}/errors", "members:read", f"{BULK_OF_OWNER}/{PLANNED}/errors"),
        empty=f"{BULK_OF_OWNER}/{EMPTY}/errors",
        uid=OWNER,
    ),
    Line(
        *("POST", f"{IMPORT}/apply", "members:write", f"{BULK_OF_OWNER}/2147483647/apply"),
        body={},
        status=HTTPStatus.NOT_FOUND,
        uid=OWNER,
    ),
    Line(
        *("DELETE", IMPORT, "members:write", f"{BULK_OF_OWNER}/2147483647"),
        status=HTTPStatus.NOT_FOUND,
        uid=OWNER,
    ),
    Line("GET", SSO, "sso:manage", f"/institutions/{ORGANIZATION}/sso", uid=OWNER),
    Line(
        *("PUT", SSO, "sso:manage", f"/institutions/{ORGANIZATION}/sso"),
        body={"protocol": "saml"},
        uid=OWNER,
    ),
    Line("GET", INSTITUTIONS, "institutions:read", empty=f"{INSTITUTIONS}?{NOTHING}", uid=OWNER),
    # What is wrong about it is its code, so that none is made.
    Line(
        *("POST", INSTITUTIONS, "institutions:write"),
        body={"name": "new", "code": " "},
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        uid=OWNER,
    ),
    Line("GET", INSTITUTION, "institutions:read", f"{INSTITUTIONS}/{KAKEHASHI}", uid=OWNER),
    Line(
        *("GET", MEMBERS, "members:read", f"{INSTITUTIONS}/{KAKEHASHI}/members"),
        empty=f"{INSTITUTIONS}/{KAKEHASHI}/members?{NOTHING}",
        uid=OWNER,
    ),
    Line("GET", ANALYTICS, "analytics:read", f"{INSTITUTIONS}/{KAKEHASHI}/analytics", uid=OWNER),
    Line("GET", COMPLIANCE, "institutions:read", COMPLIANCE.format(id=2001), uid=OWNER),
    Line("GET", "/trial/status", None),
)
LISTS = [line for line in LINES if line.is_list]
WITH_TOKEN = [line for line in LINES if not line.anonymous]
NEEDING = [line for line in LINES if line.ability is not None]


def line_of(method: str, path: str) -> Line:
    """The line of a method and a path."""
    return next(line for line in LINES if (line.method, line.path) == (method, path))
