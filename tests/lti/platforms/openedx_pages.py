"""Pages of the Open edX platform: those of lti-consumer-xblock, and a few that stand in for the LMS and Studio."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import include, path
from django.utils.html import format_html, format_html_join
from lti_consumer.api import get_lti_1p3_launch_info
from lti_consumer.models import LtiAgsLineItem, LtiAgsScore, LtiDlContentItem

from tests.lti.platforms.openedx_course import ROLES, external_id, grades, load, usage

BLOCKS = ("lesson", "made", "chosen", "ungraded")


def entering(request: HttpRequest, username: str) -> None:
    """Sign somebody in: here everybody may be anybody."""
    login(request, User.objects.get(username=username))


def home(_: HttpRequest) -> HttpResponse:
    """What can be clicked."""
    rows = [
        (load(usage(block)).display_name, username, block, ROLES[username])  # type: ignore[attr-defined]  # an XBlock
        for block in BLOCKS
        for username in ROLES
    ]
    links = format_html_join("", '<li>{} <a href="/in/{}/{}">as {}</a>', ((t, u, b, r) for t, u, b, r in rows))
    return HttpResponse(
        format_html(
            '<!doctype html><meta charset="utf-8"><title>Open edX</title><h1>英語 2026</h1><ul>{}</ul>'
            '<p><a href="/choose/sensei/chosen">Choose in the tool, as a teacher</a> '
            '· <a href="/studio/sensei/lesson">Studio</a> · <a href="/gradebook">Gradebook</a>',
            links,
        )
    )


def framed(request: HttpRequest, username: str, block: str) -> HttpResponse:
    """A unit of the course, with the tool in a frame of it."""
    entering(request, username)
    return HttpResponse(
        format_html(
            '<!doctype html><meta charset="utf-8"><title>Open edX</title><p><a href="/">英語 2026</a>'
            '<iframe title="tool" src="/launch/{}/{}" style="width: 100%; height: 80vh"></iframe>',
            username,
            block,
        )
    )


def launch(request: HttpRequest, username: str, block: str) -> HttpResponse:
    """Where the block's own script sends its frame."""
    entering(request, username)
    return HttpResponseRedirect(load(usage(block))._get_lti_block_launch_handler())  # type: ignore[attr-defined]  # an XBlock


def choose(request: HttpRequest, username: str, block: str) -> HttpResponse:
    """Where Studio's link sends a teacher who wants to choose in the tool."""
    entering(request, username)
    return HttpResponseRedirect(registration(block)["deep_linking_launch_url"])


def studio(request: HttpRequest, username: str, block: str) -> HttpResponse:
    """The block as Studio shows it to whoever registers the platform with the tool."""
    entering(request, username)
    return HttpResponse(load(usage(block)).render("author_view").content)  # type: ignore[attr-defined]  # an XBlock


def registered(request: HttpRequest) -> JsonResponse:
    """The same as JSON, with what else a tool must know."""
    entering(request, "sensei")
    return JsonResponse({"issuer": settings.LTI_BASE, **registration("lesson")})


def registration(block: str) -> dict[str, str]:
    """What Studio says about a block."""
    launch_data = load(usage(block)).get_lti_1p3_launch_data()  # type: ignore[attr-defined]  # an XBlock
    found: dict[str, str] = get_lti_1p3_launch_info(launch_data)
    return found


def gradebook(_: HttpRequest) -> JsonResponse:
    """The course's grades, the scores that tools sent, the lines they belong to, and who is who."""
    scores = LtiAgsScore.objects.order_by("id").values(
        "line_item_id", "user_id", "score_given", "score_maximum", "activity_progress", "grading_progress", "comment"
    )
    lines = LtiAgsLineItem.objects.order_by("id").values("id", "label", "score_maximum", "resource_id", "tag")
    linked = {line.id: line.resource_link_id.block_id for line in LtiAgsLineItem.objects.all()}
    return JsonResponse(
        {
            "grades": [{"block": block, "username": username, **grade} for (block, username), grade in grades.items()],
            "scores": list(scores),
            "lines": [{**line, "block": linked[line["id"]]} for line in lines],
            "people": {user.username: external_id(user) for user in User.objects.all()},
            "chosen": [item.attributes for item in LtiDlContentItem.objects.order_by("id")],
        }
    )


urlpatterns = [
    path("", home),
    path("in/<username>/<block>", framed),
    path("launch/<username>/<block>", launch),
    path("choose/<username>/<block>", choose),
    path("studio/<username>/<block>", studio),
    path("registration", registered),
    path("gradebook", gradebook),
    # As edx-platform mounts the plug-in (lti_consumer.apps).
    path("api/", include("lti_consumer.plugin.urls", namespace="lti_consumer")),
]
