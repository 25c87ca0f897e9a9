"""The small pages of a launch: most are seen for a moment only, inside a frame of a platform."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from starlette.responses import Response

from gateway.pages import both, data, hidden_field, page

# No module: in a sandboxed frame without an origin, browsers load no modules.
SCRIPT = "static/storage.js"

WAIT_EN, WAIT_JA = "One moment, please …", "しばらくお待ちください…"


def keep_and_go_on(*, origin: str, target: str, key: str, value: str, onward: str) -> Response:
    """A page that has the platform keep `value` under `key`, and then goes to `onward`, whatever the platform answered.

    It speaks to the frame `target` ("_parent", or a named frame of the parent) at exactly `origin`, which is that of
    the platform's authorization endpoint (OIDC Login with LTI Client Side postMessages 1.0), and waits two seconds.
    It stands at an address directly below `{prefix}/lti/`, where its script is found.
    """
    told = {"origin": origin, "target": target, "key": key, "value": value, "onward": onward}
    without = f'<noscript><p><a href="{escape(onward)}">Continue / 次へ</a></p></noscript>'
    return page(both(WAIT_EN, WAIT_JA) + without, script=script(told))


def fetch_and_come_back(
    *, origin: str, target: str, key: str, action: str, fields: Mapping[str, str], leads_to: str = ""
) -> Response:
    """A page that asks the platform for what it keeps under `key`, and posts the form to `action` with it as `proof`.

    The proof is empty where the platform does not answer within two seconds. `leads_to` is an origin to which the
    answer to the form may redirect where that is not ours: browsers hold redirects, too, to `form-action`.
    As for the rest it is like `keep_and_go_on`.

    Unlike the other pages it has a referrer, for our own site alone: without one, browsers say `Origin: null` of the
    form, and those that know no Sec-Fetch-Site could not show that the proof comes from our own page.
    """
    told = {"origin": origin, "target": target, "key": key}
    hidden = "".join(hidden_field(name, text) for name, text in {**fields, "proof": ""}.items())
    button = "<noscript><p><button>Continue / 次へ</button></p></noscript>"
    form = f'<form method="post" action="{escape(action)}">{hidden}{button}</form>'
    answer = page(both(WAIT_EN, WAIT_JA) + form, script=script(told), leads_to=leads_to)
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def open_in_new_window(*, again: str) -> Response:
    """A page for a browser that keeps nothing for us inside a frame: a link that begins the login anew at `again`.

    It opens a window of its own, in which our cookies are those of the page that people see.
    """
    why = both(
        "Your browser keeps no cookies for pages inside other pages, so this page cannot tell that it was you who"
        " opened it. In a window of its own it can.",
        "お使いのブラウザーでは、ページの中に表示されたページの Cookie が保存されないため、"
        "開いたのがあなたであることを確認できません。新しいウィンドウで開くと使えます。",
    )
    link = (
        f'<p><a href="{escape(again)}" target="_blank" rel="noopener">'
        '<span lang="en">Open in a new window</span> / <span lang="ja">新しいウィンドウで開く</span></a></p>'
    )
    return page(why + link, status=HTTPStatus.BAD_REQUEST)


def script(told: Mapping[str, str]) -> str:
    """The script of a page, and before it what it is to do."""
    return f'{data("told", told)}<script src="{SCRIPT}" defer></script>'
