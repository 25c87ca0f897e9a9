"""Small pages for people who come by another system, in English and Japanese both: nobody knows yet what they read."""

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


def refused(
    *, english: str, japanese: str, status: int, headers: Mapping[str, str] | None = None, more: str = ""
) -> Response:
    """A page that says why something is refused. The reasons are ours and name nobody."""
    return page(both(english, japanese), status=status, headers=headers, more=more)


def page(
    body: str,
    *,
    status: int = HTTPStatus.OK,
    script: str = "",
    headers: Mapping[str, str] | None = None,
    leads_to: str = "",
    more: str = "",
) -> Response:
    """A whole page around `body`, which is HTML; `script` stands behind it, and is HTML too.

    `leads_to` is another origin to which its forms may lead, `more` what its policy says beside the rest.
    """
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kakehashi 架け橋</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{body}</main>{script}</body></html>"
    )
    forms = f"'self' {leads_to}".rstrip()
    return HTMLResponse(text, status, headers={**(headers or {}), **security(STYLE_SOURCE, forms=forms, more=more)})


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
