"""What an administrator sees while an LMS registers itself: that it worked, or what to mend."""

import secrets
from dataclasses import dataclass
from html import escape
from http import HTTPStatus

from starlette.responses import HTMLResponse

from resolvers.lti.platform_configuration import Unfit
from resolvers.lti.registration import Registered

HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
# An LMS shows this page in a frame of its own, so nothing is said of who may frame it.
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
STYLE = "../static/page.css"
# Tells the LMS that its window can be closed (Dynamic Registration 1.0, 3.9). It says nothing that anybody could use.
CLOSING = """
const close = () => (window.opener || window.parent).postMessage({ subject: 'org.imsglobal.lti.close' }, '*');
const button = document.querySelector('button');
button ? button.addEventListener('click', close) : close();
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a failure, in both languages, and its status."""

    status: HTTPStatus
    english: str
    japanese: str


NOT_OPENED = Told(
    HTTPStatus.BAD_REQUEST,
    "This address is for your LMS. Copy it, and paste it where the LMS adds a tool by a registration URL (dynamic"
    " registration); the LMS then opens it itself.",
    "このアドレスは LMS 用です。コピーして、LMS の登録 URL（動的登録）の欄に貼り付けてください。"
    "LMS が自動的に開きます。",
)
NO_HOME = Told(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "This server has no public address yet: its operator sets KAKEHASHI_PUBLIC_URL.",
    "このサーバーには公開アドレスがまだありません。運用者が KAKEHASHI_PUBLIC_URL を設定します。",
)
GONE = HTTPStatus.GONE
BAD, ELSEWHERE = HTTPStatus.BAD_REQUEST, HTTPStatus.BAD_GATEWAY
FAILURES = {
    "invitation_unknown": Told(
        HTTPStatus.NOT_FOUND,
        "There is no such invitation. Look whether the whole address was pasted, or make a new one.",
        "この招待は存在しません。アドレス全体が貼り付けられているか確認するか、新しい招待を作成してください。",
    ),
    "invitation_used": Told(
        GONE,
        "This invitation was used already. Make a new one for another LMS.",
        "この招待はすでに使用されました。別の LMS には新しい招待を作成してください。",
    ),
    "invitation_ended": Told(
        GONE,
        "This invitation has ended: it is good for seven days. Make a new one.",
        "この招待は期限切れです（有効期間は 7 日間）。新しい招待を作成してください。",
    ),
    "inviter_may_not": Told(
        HTTPStatus.FORBIDDEN,
        "Whoever made this invitation may not register platforms any more. Ask an owner for a new one.",
        "この招待の作成者には、もう登録の権限がありません。オーナーに新しい招待を依頼してください。",
    ),
    "token_form": Told(
        BAD,
        "The registration token that the LMS sent is none. Begin again from the LMS.",
        "LMS から送られた登録トークンが正しくありません。LMS からやり直してください。",
    ),
    "no_address": Told(
        BAD,
        "The LMS names an address that this server may not ask. It must be a public https:// address.",
        "LMS が示したアドレスには、このサーバーから接続できません。公開された https:// のアドレスが必要です。",
    ),
    "no_answer": Told(
        ELSEWHERE,
        "The LMS did not answer. Look whether it can be reached from the internet, and try again.",
        "LMS から応答がありませんでした。インターネットから接続できるか確認し、もう一度お試しください。",
    ),
    "configuration_unread": Told(
        ELSEWHERE,
        "The LMS did not give its configuration. Begin again from the LMS; its registration may have ended.",
        "LMS から設定を取得できませんでした。登録の有効期限が切れている可能性があります。LMS からやり直してください。",
    ),
    "issuer_elsewhere": Told(
        BAD,
        "The issuer of the LMS is not on the host that gave its configuration. Register this LMS by hand.",
        "LMS の発行者 (issuer) が、設定を返したホストと一致しません。この LMS は手動で登録してください。",
    ),
    "not_said": Told(
        BAD,
        "The configuration of the LMS is not whole. Register this LMS by hand.",
        "LMS の設定に必要な項目がありません。この LMS は手動で登録してください。",
    ),
    "not_supported": Told(
        BAD,
        "The LMS does not offer what LTI 1.3 needs: launches by id_token, signed by RS256.",
        "LMS が LTI 1.3 に必要な機能（RS256 で署名された id_token による起動）に対応していません。",
    ),
    "unfit": Told(
        BAD,
        "The LMS gave something that cannot be kept. Register this LMS by hand.",
        "LMS が返した内容を登録できません。この LMS は手動で登録してください。",
    ),
    "registration_refused": Told(
        ELSEWHERE,
        "The LMS refused the registration. Begin again from the LMS.",
        "LMS が登録を拒否しました。LMS からやり直してください。",
    ),
    "refused_here": Told(
        HTTPStatus.CONFLICT,
        "The LMS could not be registered here. If the tool is shown in the LMS now, remove it there.",
        "この LMS を登録できませんでした。LMS 側にツールが表示されている場合は削除してください。",
    ),
}
MISSING = {
    "grades": ("It takes no grades (no score scope).", "成績を受け取りません（score スコープなし）。"),
    "roster": ("It gives no rosters (no membership scope).", "名簿を提供しません（membership スコープなし）。"),
    "deep_linking": (
        "It has no deep linking: links are made by hand.",
        "ディープリンクに対応していません。リンクは手動で作成します。",
    ),
}


def done(registered: Registered) -> HTMLResponse:
    """The page that ends a registration that worked. It closes itself unless there is something to read."""
    name, client_id = escape(registered.name), escape(registered.client_id)
    known = f"<dt>LMS</dt><dd>{name}</dd><dt>Client ID</dt><dd><code>{client_id}</code></dd>{deployment(registered)}"
    said = ["<h1>Registered / 登録しました</h1>", f"<dl>{known}</dl>"]
    if registered.deployment_id is None:
        english = (
            "The LMS did not say its deployment id yet, and launches are refused until it is told: finish the"
            " installation in the LMS, copy the deployment id there, and add it to this platform."
        )
        japanese = (
            "LMS からデプロイメント ID がまだ通知されていません。登録されるまで起動は拒否されます。LMS 側でインストール"
            "を完了し、デプロイメント ID をコピーして、このプラットフォームに追加してください。"
        )
        said.append(both(english, japanese))
    said += [both(*MISSING[name]) for name in registered.missing]
    if registered.deployment_id is None or registered.missing:
        said.append('<p><button type="button">Close / 閉じる</button></p>')
    return answer("".join(said), HTTPStatus.OK, script=CLOSING)


def deployment(registered: Registered) -> str:
    """The deployment, where it is known."""
    if registered.deployment_id is None:
        return ""
    return f"<dt>Deployment ID</dt><dd><code>{escape(registered.deployment_id)}</code></dd>"


def failed(problem: Unfit) -> HTMLResponse:
    """The page of a registration that did not work, and what was found."""
    return refused(FAILURES[problem.reason], problem.found)


def refused(told: Told, found: str = "") -> HTMLResponse:
    """A page that says what to mend. What was found came from outside."""
    detail = f"<pre>{escape(found)}</pre>" if found else ""
    body = f"<h1>Not registered / 登録できませんでした</h1>{both(told.english, told.japanese)}{detail}"
    return answer(body, told.status)


def both(english: str, japanese: str) -> str:
    """The same, said in both languages."""
    return f'<p lang="en">{escape(english)}</p><p lang="ja">{escape(japanese)}</p>'


def answer(body: str, status: HTTPStatus, *, script: str = "", style: str = STYLE) -> HTMLResponse:
    """A whole page; its one script, where it has one, is named by a word that nobody knows beforehand."""
    nonce = secrets.token_urlsafe(16)
    running, policy = "", POLICY
    if script:
        running, policy = f'<script nonce="{nonce}">{script}</script>', f"{POLICY}; script-src 'nonce-{nonce}'"
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kakehashi 架け橋: LTI</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{style}"></head><body><main>{body}</main>{running}</body></html>'
    )
    return HTMLResponse(text, status, headers={**HEADERS, "Content-Security-Policy": policy})
