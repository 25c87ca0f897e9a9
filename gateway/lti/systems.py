"""What each learning management system calls the addresses that it is told, and what it tells in return."""

from collections.abc import Sequence
from dataclasses import dataclass

LOGIN, LAUNCH, KEYS, CANVAS = "login_url", "launch_url", "jwks_url", "canvas_url"


# How the page of platforms calls the fields of one.
FIELDS = {
    "issuer": "Issuer (platform ID)",
    "client_id": "Client ID",
    "auth_login_url": "Authentication request URL",
    "auth_token_url": "Access token URL",
    "jwks_url": "Public keyset URL (JWKS)",
    "deployment_ids": "Deployment IDs",
}


@dataclass(frozen=True, slots=True)
class System:
    """An LMS: where to begin there, what to paste into which of its fields, and what to copy from there.

    `paste` pairs a field with the name of one of our addresses, `choose` with a word of its own; `copy` pairs what the
    LMS shows, or always is, with the field of a platform here.
    """

    name: str
    english: str
    japanese: str
    paste: Sequence[tuple[str, str]]
    choose: Sequence[tuple[str, str]]
    copy: Sequence[tuple[str, str]]


SYSTEMS = (
    System(
        "Canvas",
        "Admin → Developer Keys → + Developer Key → + LTI Key, method Enter URL. Then Settings → Apps → + App, by"
        " client ID. For a platform that matches by mail address or external id, add ?matching=email to the JSON URL.",
        "管理 → デベロッパーキー → LTI キー、方法は「URL を入力」。その後、設定 → アプリで、"
        "クライアント ID により追加します。"
        "メールアドレスまたは外部 ID で照合する場合は、JSON URL に ?matching=email を付けてください。",
        (
            *(("Redirect URIs", LAUNCH), ("JSON URL", CANVAS), ("Target Link URI", LAUNCH)),
            *(("OpenID Connect Initiation URL", LOGIN), ("Public JWK URL", KEYS)),
        ),
        (("JWK Method", "Public JWK URL"),),
        (
            ("https://canvas.instructure.com", "issuer"),
            ("https://sso.canvaslms.com/api/lti/authorize_redirect", "auth_login_url"),
            ("https://sso.canvaslms.com/login/oauth2/token", "auth_token_url"),
            ("https://sso.canvaslms.com/api/lti/security/jwks", "jwks_url"),
            ("Details (the number)", "client_id"),
            ("Deployment Id", "deployment_ids"),
        ),
    ),
    System(
        "Moodle",
        "Site administration → Plugins → External tool → Manage tools: paste an invitation into Tool URL and choose Add"
        " LTI Advantage, or configure a tool manually.",
        "サイト管理 → プラグイン → 外部ツール → ツールを管理する。招待アドレスを「ツール URL」に貼り付けて"
        "「LTI Advantage を追加する」を選ぶか、手動で設定します。",
        (
            *(("Tool URL", LAUNCH), ("Public keyset", KEYS), ("Initiate login URL", LOGIN)),
            *(("Redirection URI(s)", LAUNCH), ("Content selection URL", LAUNCH)),
        ),
        (
            ("LTI version", "LTI 1.3"),
            ("Public key type", "Keyset URL"),
            ("Supports Deep Linking (Content-Item Message)", "Yes"),
            ("IMS LTI Assignment and Grade Services", "Use this service for grade sync and column management"),
            ("IMS LTI Names and Role Provisioning", "Use this service to retrieve members' information"),
            ("Share launcher's name with tool", "Always"),
        ),
        (
            *(("Platform ID", "issuer"), ("Client ID", "client_id"), ("Deployment ID", "deployment_ids")),
            *(("Authentication request URL", "auth_login_url"), ("Access token URL", "auth_token_url")),
            ("Public keyset URL", "jwks_url"),
        ),
    ),
    System(
        "Blackboard",
        "Developer Portal → My Applications → + (LTI 1.3). Then Blackboard Learn: Administrator → LTI Tool Providers →"
        " Register LTI 1.3 Tool, with a placement for Deep Linking.",
        "Developer Portal → My Applications → +（LTI 1.3）。その後、Blackboard Learn の管理者 → LTI ツール"
        "プロバイダー → LTI 1.3 ツールを登録し、ディープリンクの配置を追加します。",
        (
            *(("Login Initiation URL", LOGIN), ("Tool Redirect URL(s)", LAUNCH), ("Tool JWKS URL", KEYS)),
            ("Target Link URI", LAUNCH),
        ),
        (("Signing Algorithm", "RS256"),),
        (
            ("Issuer (https://blackboard.com)", "issuer"),
            ("Application ID", "client_id"),
            ("OIDC auth request endpoint", "auth_login_url"),
            ("Auth token endpoint", "auth_token_url"),
            ("Public keyset URL", "jwks_url"),
            ("Deployment ID", "deployment_ids"),
        ),
    ),
    System(
        "Open edX",
        "Studio → the unit → Advanced → LTI Consumer → Edit. Save, and copy what the block shows.",
        "Studio → ユニット → 高度 → LTI Consumer → 編集。保存後、ブロックに表示される値をコピーします。",
        (
            *(("Tool Launch URL", LAUNCH), ("Tool Initiate Login URL", LOGIN), ("Tool Keyset URL", KEYS)),
            *(("Registered Redirect URIs", LAUNCH), ("Deep Linking Launch URL", LAUNCH)),
        ),
        (
            ("LTI Version", "LTI 1.3"),
            ("Tool Public Key Mode", "Keyset URL"),
            ("Deep linking", "True"),
            ("LTI Assignment and Grades Service", "Allow tools to submit grades only (declarative)"),
        ),
        (
            *(("The address of the LMS", "issuer"), ("Client ID", "client_id"), ("Deployment ID", "deployment_ids")),
            *(("OIDC Callback URL (Login URL)", "auth_login_url"), ("Access Token URL", "auth_token_url")),
            ("Keyset URL", "jwks_url"),
        ),
    ),
    System(
        "Schoology",
        "App Center → My Developer Apps → Add App, type LTI 1.3. Then install it for the school.",
        "App Center → My Developer Apps → Add App（LTI 1.3）。その後、学校にインストールします。",
        (
            *(("OIDC Login Init URL", LOGIN), ("Redirect URLs", LAUNCH), ("JWKS URL", KEYS)),
            ("Target Link URI / Deep Linking URL", LAUNCH),
        ),
        (),
        (
            ("https://schoology.schoology.com", "issuer"),
            ("https://lti-service.svc.schoology.com/lti-service/authorize-redirect", "auth_login_url"),
            ("https://lti-service.svc.schoology.com/lti-service/access-token", "auth_token_url"),
            ("https://lti-service.svc.schoology.com/lti-service/.well-known/jwks", "jwks_url"),
            ("Client ID", "client_id"),
            ("Deployment ID", "deployment_ids"),
        ),
    ),
    System(
        "Other / その他",
        "The names of LTI 1.3 itself. An LMS with dynamic registration needs an invitation alone.",
        "LTI 1.3 の用語です。動的登録に対応した LMS では、招待アドレスだけで登録できます。",
        (
            *(("OpenID Connect login initiation URL", LOGIN), ("Redirect URI", LAUNCH), ("JWKS URL", KEYS)),
            *(("Target link URI", LAUNCH), ("Deep Linking URL", LAUNCH)),
        ),
        (),
        (
            *(("Issuer (platform ID)", "issuer"), ("Client ID", "client_id"), ("Deployment ID", "deployment_ids")),
            ("Authorization endpoint (OIDC authentication request URL)", "auth_login_url"),
            *(("Token endpoint", "auth_token_url"), ("JWKS URL", "jwks_url")),
        ),
    ),
)
