"""Why signing in by an organization's identity provider is refused, in both languages."""

from resolvers.errors import BadInput, Forbidden, NotFound, Unauthenticated
from resolvers.reasons import Reasons, Words

AGAIN_EN, AGAIN_JA = "Sign in again from the beginning.", "最初からもう一度サインインしてください。"
ASK_EN, ASK_JA = "Ask whoever runs your school's accounts.", "学校・教室のアカウント管理者にお問い合わせください。"


class Reason(Reasons):
    """Every reason; its code is `sso_` and its name."""

    PARAMETER_MISSING = Words(
        BadInput, f"Your identity provider did not send {{}}. {ASK_EN}", f"{{}} がありません。{ASK_JA}"
    )
    PARAMETER_TWICE = Words(BadInput, "{} was sent more than once.", "{} が2回以上送信されました。")
    PARAMETER_TOO_LONG = Words(BadInput, "{} is too long.", "{} が長すぎます。")
    PARAMETER_CHARACTERS = Words(BadInput, "{} has characters that no text has.", "{} に使えない文字があります。")
    FORM_UNREADABLE = Words(
        BadInput, "What was sent is no form in UTF-8.", "送信された内容をUTF-8のフォームとして読めません。"
    )
    NOT_SET_UP = Words(
        NotFound,
        f"Your school does not sign in here by an identity provider of its own. {ASK_EN}",
        f"この学校・教室ではシングルサインオンを利用していません。{ASK_JA}",
    )
    STATE_UNKNOWN = Words(
        BadInput,
        f"This login is not known: it was used already, or has expired. {AGAIN_EN}",
        f"このログインは使用済みか、有効期限が切れています。{AGAIN_JA}",
    )
    OTHER_BROWSER = Words(
        BadInput,
        f"This login was begun by another browser, or yours keeps no cookies. {AGAIN_EN}",
        f"別のブラウザーで始めたログインか、Cookie が保存されていません。{AGAIN_JA}",
    )
    PROVIDER_REFUSED = Words(
        BadInput,
        f"Your identity provider did not let you in ({{}}). {AGAIN_EN}",
        f"IDプロバイダーでログインできませんでした({{}})。{AGAIN_JA}",
    )
    PROVIDER_AWAY = Words(
        BadInput,
        f"Your identity provider does not answer as it should. {AGAIN_EN}",
        f"IDプロバイダーから正しい応答がありません。{AGAIN_JA}",
    )
    NONCE_WRONG = Words(
        BadInput,
        f"The id_token does not belong to this login. {AGAIN_EN}",
        f"id_token がこのログインのものではありません。{AGAIN_JA}",
    )
    TOKEN_MALFORMED = Words(Unauthenticated, f"The id_token is no JWT. {ASK_EN}", f"id_token を読めません。{ASK_JA}")
    TOKEN_ALGORITHM = Words(
        Unauthenticated,
        f"The id_token is not signed by RS256. {ASK_EN}",
        f"id_token がRS256で署名されていません。{ASK_JA}",
    )
    TOKEN_KEY_UNKNOWN = Words(
        Unauthenticated,
        f"The id_token is signed with a key that your identity provider does not publish. {AGAIN_EN}",
        f"id_token がIDプロバイダーの公開していない鍵で署名されています。{AGAIN_JA}",
    )
    TOKEN_SIGNATURE = Words(
        Unauthenticated,
        f"The signature of the id_token is wrong. {ASK_EN}",
        f"id_token の署名が正しくありません。{ASK_JA}",
    )
    TOKEN_ISSUER = Words(
        Unauthenticated, f"The id_token is of another issuer. {ASK_EN}", f"id_token の発行者が違います。{ASK_JA}"
    )
    TOKEN_AUDIENCE = Words(
        Unauthenticated, f"The id_token is for somebody else. {ASK_EN}", f"id_token の宛先が違います。{ASK_JA}"
    )
    TOKEN_TIMES = Words(
        Unauthenticated, f"The id_token has no usable {{}}. {ASK_EN}", f"id_token の {{}} が正しくありません。{ASK_JA}"
    )
    TOKEN_EXPIRED = Words(
        Unauthenticated, f"The id_token is too old. {AGAIN_EN}", f"id_token の有効期限が切れています。{AGAIN_JA}"
    )
    TOKEN_EARLY = Words(
        Unauthenticated,
        f"The id_token is of the future: a clock is wrong. {ASK_EN}",
        f"id_token の時刻が未来です。時計がずれています。{ASK_JA}",
    )
    RESPONSE_MALFORMED = Words(
        Unauthenticated,
        f"What your identity provider sent is no response of SAML that can be read. {ASK_EN}",
        f"SAML 応答を読めません。{ASK_JA}",
    )
    RESPONSE_SIGNATURE = Words(
        Unauthenticated,
        f"The response of your identity provider is not signed as it should be. {ASK_EN}",
        f"SAML 応答の署名が正しくありません。{ASK_JA}",
    )
    RESPONSE_ISSUER = Words(
        Unauthenticated,
        f"The response is of another identity provider. {ASK_EN}",
        f"SAML 応答の発行者が違います。{ASK_JA}",
    )
    RESPONSE_AUDIENCE = Words(
        Unauthenticated,
        f"The response is for somebody else ({{}}). {ASK_EN}",
        f"SAML 応答の宛先が違います({{}})。{ASK_JA}",
    )
    RESPONSE_TIMES = Words(
        Unauthenticated,
        f"The response is too old or of the future. {AGAIN_EN}",
        f"SAML 応答の有効期間外です。{AGAIN_JA}",
    )
    RESPONSE_OF_OTHER_LOGIN = Words(
        Unauthenticated,
        f"The response does not belong to this login. {AGAIN_EN}",
        f"SAML 応答がこのログインのものではありません。{AGAIN_JA}",
    )
    RESPONSE_USED = Words(
        Unauthenticated, f"The response was used already. {AGAIN_EN}", f"SAML 応答は使用済みです。{AGAIN_JA}"
    )
    SUBJECT_MISSING = Words(
        Forbidden,
        f"Your identity provider does not say who you are ({{}}). {ASK_EN}",
        f"IDプロバイダーから利用者の情報({{}})が送られていません。{ASK_JA}",
    )
    EMAIL_UNPROVED = Words(
        Forbidden,
        f"Your identity provider does not say that your mail address is proved. {ASK_EN}",
        f"IDプロバイダーでメールアドレスが確認されていません。{ASK_JA}",
    )
    DOMAIN_OF_OTHERS = Words(
        Forbidden,
        f"Your mail address is none of this school's. {ASK_EN}",
        f"メールアドレスがこの学校・教室のドメインではありません。{ASK_JA}",
    )
    ROLE_UNKNOWN = Words(
        Forbidden,
        f"Your identity provider gives you no role here. {ASK_EN}",
        f"IDプロバイダーでこのサービスの役割が割り当てられていません。{ASK_JA}",
    )
    NOT_LET_IN = Words(
        Forbidden,
        f"Your school's account for you was not found here. {ASK_EN}",
        f"あなたのアカウントが見つかりません。{ASK_JA}",
    )
    ACCOUNT_ELSEWHERE = Words(
        Forbidden,
        "Your account belongs to another organization too, so that this school cannot sign you in. Use your password.",
        "別の組織にも所属するアカウントのため、シングルサインオンは使えません。パスワードでサインインしてください。",
    )
    ACCOUNT_CLOSED = Words(
        Forbidden,
        f"Your account here is locked, or outside its period of use. {ASK_EN}",
        f"アカウントがロックされているか、利用期間外です。{ASK_JA}",
    )
    CODE_UNKNOWN = Words(
        BadInput,
        f"This code is not known: it was used already, or has expired. {AGAIN_EN}",
        f"このコードは使用済みか、有効期限が切れています。{AGAIN_JA}",
    )

    @property
    def code(self) -> str:
        """Its stable code."""
        return f"sso_{self.name.lower()}"


BY_CODE = {reason.code: reason for reason in Reason}
