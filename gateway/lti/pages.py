"""The small pages of a launch: most are seen for a moment only, inside a frame of a platform.

They stand in English and Japanese both, since nobody is known yet whose language could be asked.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from starlette.responses import HTMLResponse, Response

STYLE = (
    "body{font:1rem/1.6 system-ui,sans-serif;margin:0;padding:1.5rem;color:#1d2433;background:#fff}"
    "main{max-width:36rem;margin:0 auto}p{margin:0 0 1rem}"
    "a,button{display:inline-block;font:inherit;font-weight:600;padding:.7rem 1.2rem;border:0;border-radius:.5rem;"
    "background:#1f5fbf;color:#fff;text-decoration:none}"
    "a:focus-visible,button:focus-visible{outline:3px solid #f2a900;outline-offset:2px}"
)
# The style is named by its hash: pages like this one stand at addresses of any depth, and a relative link would miss.
STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
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
    return page(both(WAIT_EN, WAIT_JA) + without, told=told)


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
    answer = page(both(WAIT_EN, WAIT_JA) + form, told=told, leads_to=leads_to)
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


def refused(*, english: str, japanese: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """A page that says why something is refused. The reasons are ours and name nobody."""
    return page(both(english, japanese), status=status, headers=headers)


def page(
    body: str,
    *,
    status: int = HTTPStatus.OK,
    told: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    leads_to: str = "",
) -> Response:
    """A whole page around `body`, which is HTML; `told` is what its script is to do, where it has one."""
    script = "" if told is None else f'{data("told", told)}<script src="{SCRIPT}" defer></script>'
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kakehashi 架け橋</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{body}</main>{script}</body></html>"
    )
    forms = f"'self' {leads_to}".rstrip()
    return HTMLResponse(text, status, headers={**(headers or {}), **security(STYLE_SOURCE, forms=forms)})


def security(style: str, *, forms: str, more: str = "") -> dict[str, str]:
    """The headers of every page of ours that platforms frame: nothing runs or loads but what lies beside it.

    There is no frame-ancestors: who may frame a launch is whoever can begin one, and `*` would leave out the apps of
    platforms, which have schemes of their own.
    """
    policy = f"default-src 'none'; script-src 'self'; style-src {style}; base-uri 'none'; form-action {forms}"
    return {
        "Content-Security-Policy": f"{policy}; {more}" if more else policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


def both(english: str, japanese: str) -> str:
    """The same, said in both languages."""
    return f'<p lang="en">{escape(english)}</p><p lang="ja">{escape(japanese)}</p>'


def hidden_field(name: str, value: str) -> str:
    """A field of a form that nobody sees."""
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def data(name: str, values: Mapping[str, str]) -> str:
    """Values for a script, in an element that is never run; no value can end the element."""
    text = json.dumps(values, ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" id="{name}">{text}</script>'
