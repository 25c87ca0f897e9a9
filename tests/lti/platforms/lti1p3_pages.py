"""Pages of the platform that is built with lti1p3platform."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.views.decorators.clickjacking import xframe_options_exempt
from lti1p3platform.exceptions import LtiException
from lti1p3platform.framework.django.message_launch import DjangoLTI1P3MessageLaunch
from lti1p3platform.framework.django.oidc_login import DjangoAPIOIDCLogin
from lti1p3platform.framework.django.request import DjangoRequest
from lti1p3platform.framework.django.response import wrap_json_resp
from lti1p3platform.response import Response

from tests.lti.platforms.lti1p3_course import (
    CLIENT,
    CONTEXT,
    DEPLOYMENT,
    PEOPLE,
    ROLE,
    TITLE,
    Gradebook,
    Numbered,
    Platform,
    Roster,
    address,
    kept,
)

# How a link is placed: with a line of its own, with leave to make or find one, or to send scores alone.
LINKS = ("own", "make", "paged", "scores")
DATA = {"course": 7, "back": "to the unit"}


class Login(DjangoAPIOIDCLogin):
    """A launch is begun; what it is of stands in the hint."""

    def set_lti_message_hint(self, **hint: object) -> None:
        """Say what is to be launched."""
        self._lti_message_hint = json.dumps(hint)


class Launch(DjangoLTI1P3MessageLaunch):
    """A launch, as the hint says."""

    def prepare_launch(self, preflight_response: dict[str, Any]) -> None:
        """Say who comes, from where, and to what."""
        person, hint = PEOPLE[preflight_response["login_hint"]], json.loads(preflight_response["lti_message_hint"])
        self.set_user_data(person.number, [ROLE + person.role], f"{person.given} {person.family}", person.email)
        self.set_launch_context_claim(CONTEXT, [COURSE_OFFERING], TITLE, "E7")
        self.set_nrps(address("memberships"))
        if hint["link"] == "choose":
            self.set_dl(address("chosen"), extra_data=DATA, accept_types={"ltiResourceLink"})
            return
        self.set_resource_link_claim(hint["link"], title=f"Link {hint['link']}")
        self.set_launch_presentation_claim("iframe")
        self.set_custom_parameters_claim(custom_of(hint["link"]))
        grading(self, hint["link"])


COURSE_OFFERING = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"


def custom_of(link: str) -> dict[str, Any]:
    """What a link says to the tool: what was chosen, where it is a choice."""
    if link.startswith("chosen-"):
        found: dict[str, Any] = kept.chosen[int(link.removeprefix("chosen-"))].get("custom", {})
        return found
    return {"course": kept.course, "lesson": kept.lesson}


def grading(launch: Launch, link: str) -> None:
    """Offer the gradebook, as the link is placed."""
    if link == "own":
        launch.set_ags(address("lines"), own_line(link), allow_creating_lineitems=False)
    elif link == "scores":
        launch.set_ags("", own_line(link))
    else:
        launch.set_ags(address("lines"))


def own_line(link: str) -> str:
    """The address of a link's line, which is made with the link."""
    for line in kept.lines.values():
        if line.get("resourceLinkId") == link:
            return str(line["id"])
    name = str(len(kept.lines) + 1)
    kept.lines[name] = {"id": address(f"lines/{name}"), "label": link, "scoreMaximum": 20, "resourceLinkId": link}
    return address(f"lines/{name}")


def home(_: HttpRequest) -> HttpResponse:
    """What can be clicked."""
    links = [*LINKS, *(f"chosen-{place}" for place in range(len(kept.chosen)))]
    rows = ((link, person.number, link, person.role) for link in links for person in PEOPLE.values())
    return HttpResponse(
        format_html(
            '<!doctype html><meta charset="utf-8"><title>lti1p3platform</title><ul>{}</ul>'
            '<p><a href="/launch/u3/choose">Choose in the tool</a> · <a href="/gradebook">Gradebook</a>',
            format_html_join("", '<li>{} <a href="/launch/{}/{}">as {}</a>', rows),
        )
    )


def begin(request: HttpRequest, person: str, link: str) -> HttpResponse:
    """Begin a launch: the browser is sent on, or posts the same where `?by=post` says so, as Moodle does."""
    login = Login(request, Platform())
    login.set_lti_message_hint(link=link)
    if request.GET.get("by") != "post":
        answer: HttpResponse = login.initiate_login(person)
        return answer
    url = login.prepare_preflight_url(person)
    fields = format_html_join("", '<input type="hidden" name="{}" value="{}">', parse_qsl(urlsplit(url).query))
    return HttpResponse(
        format_html(
            '<!doctype html><form method="post" action="{}">{}</form><script>document.forms[0].submit()</script>',
            url.partition("?")[0],
            fields,
        )
    )


@xframe_options_exempt
def authorize(request: HttpRequest) -> HttpResponse:
    """Where the tool sends the browser back to, to be told who that is."""
    answer: HttpResponse = Launch(DjangoRequest(request), Platform()).lti_launch()
    return answer


def keys(_: HttpRequest) -> JsonResponse:
    """The platform's keys."""
    return JsonResponse(Platform().get_jwks())


def token(request: HttpRequest) -> JsonResponse:
    """An access token; what the package does not take is refused as RFC 6749 says."""
    try:
        return JsonResponse(Platform().get_access_token(request.POST.dict()))
    except (LtiException, jwt.PyJWTError) as problem:
        return JsonResponse({"error": "invalid_client", "error_description": str(problem)}, status=400)


def answered(service: Gradebook | Roster, handle: Callable[..., Response], **named: str) -> HttpResponse:
    """What a service answers. A token that the package cannot read is one that it does not take."""
    try:
        answer: HttpResponse = wrap_json_resp(service.handle_resp(handle, **named))
    except (LtiException, jwt.PyJWTError) as problem:
        return JsonResponse({"error": str(problem)}, status=401)
    return answer


def lines(request: HttpRequest) -> HttpResponse:
    """All lines, or one more."""
    service = Gradebook(Numbered(request), Platform(), address("lines"))
    return answered(
        service, service.handle_create_lineitem if request.method == "POST" else service.handle_get_lineitems
    )


def line(request: HttpRequest, name: str) -> HttpResponse:
    """One line."""
    service = Gradebook(Numbered(request), Platform(), address("lines"))
    return answered(service, service.handle_get_lineitem, line_item_id=name)


def scores(request: HttpRequest, name: str) -> HttpResponse:
    """A score."""
    service = Gradebook(Numbered(request), Platform(), address("lines"))
    return answered(service, service.handle_update_score, line_item_id=name)


def memberships(request: HttpRequest) -> HttpResponse:
    """Who is in the course. A page of the package's own goes on only where a size was asked for."""
    asked = Numbered(request)
    asked.request["get_data"].setdefault("limit", 2)
    service = Roster(asked, Platform(), address("memberships"))
    return answered(service, service.handle_get_members)


def chosen(request: HttpRequest) -> HttpResponse:
    """What somebody chose in the tool."""
    platform = Platform()
    try:
        kept.chosen.extend(platform.validate_deeplinking_resp(request.POST.dict()))
    except (LtiException, jwt.PyJWTError) as problem:
        return HttpResponse(format_html("<p>{}", problem), status=403)
    body = platform.tool_validate_and_decode(request.POST["JWT"])
    return JsonResponse(body)


def registration(_: HttpRequest) -> JsonResponse:
    """What a tool must know."""
    return JsonResponse(
        {
            "issuer": address("").rstrip("/"),
            "client_id": CLIENT,
            "deployment_id": DEPLOYMENT,
            "oidc_callback": address("authorize"),
            "token_url": address("token"),
            "keyset_url": address("keys"),
        }
    )


def gradebook(_: HttpRequest) -> JsonResponse:
    """The lines, the scores that count, and each that was sent."""
    marks = [{"line": name, "person": person, **score} for (name, person), score in kept.scores.items()]
    return JsonResponse({"lines": list(kept.lines.values()), "scores": marks, "told": kept.told, "chosen": kept.chosen})


urlpatterns = [
    path("", home),
    path("launch/<person>/<link>", begin),
    path("authorize", authorize),
    path("keys", keys),
    path("token", token),
    path("lines", lines),
    path("lines/<name>", line),
    path("lines/<name>/scores", scores),
    path("memberships", memberships),
    path("chosen", chosen),
    path("registration", registration),
    path("gradebook", gradebook),
]
