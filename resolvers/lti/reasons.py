"""Why a login or a launch is refused, in both languages: its people are not known yet, nor what they read.

`{}` stands for a parameter or a claim, or for what a platform may be told; for nothing that names a person.
"""

from resolvers.errors import BadInput, Forbidden, NotFound, Unauthenticated
from resolvers.reasons import Reasons, Words

AGAIN_EN, AGAIN_JA = "Open the link in your LMS again.", "LMSのリンクをもう一度開いてください。"
ASK_EN, ASK_JA = "Ask whoever runs your LMS.", "LMSの管理者にお問い合わせください。"


class Reason(Reasons):
    """Every reason; its code is `lti_` and its name."""

    PARAMETER_MISSING = Words(BadInput, f"The platform did not send {{}}. {ASK_EN}", f"{{}} がありません。{ASK_JA}")
    PARAMETER_TWICE = Words(BadInput, "{} was sent more than once.", "{} が2回以上送信されました。")
    PARAMETER_TOO_LONG = Words(BadInput, "{} is too long.", "{} が長すぎます。")
    PARAMETER_CHARACTERS = Words(BadInput, "{} has characters that no text has.", "{} に使えない文字があります。")
    FORM_UNREADABLE = Words(
        BadInput, "What was sent is no form in UTF-8.", "送信された内容をUTF-8のフォームとして読めません。"
    )
    TARGET_ELSEWHERE = Words(
        BadInput,
        f"target_link_uri is no address of this server. {ASK_EN}",
        f"target_link_uri がこのサーバーのアドレスではありません。{ASK_JA}",
    )
    CLIENT_ID_NEEDED = Words(
        BadInput,
        f"Several platforms have this issuer: client_id must say which. {ASK_EN}",
        f"同じ発行者のプラットフォームが複数あるため、client_id が必要です。{ASK_JA}",
    )
    PLATFORM_UNKNOWN = Words(
        NotFound,
        f"This LMS is not registered here. {ASK_EN}",
        f"このLMSは登録されていません。{ASK_JA}",
    )
    PLATFORM_INACTIVE = Words(
        Forbidden,
        f"This LMS is switched off here. {ASK_EN}",
        f"このLMSからの利用は停止されています。{ASK_JA}",
    )
    STATE_UNKNOWN = Words(
        BadInput,
        f"This login is not known: it was used already, or has expired. {AGAIN_EN}",
        f"このログインは使用済みか、有効期限が切れています。{AGAIN_JA}",
    )
    PLATFORM_REFUSED = Words(
        BadInput,
        f"Your LMS did not let you in ({{}}). {AGAIN_EN}",
        f"LMSでログインできませんでした({{}})。{AGAIN_JA}",
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
        f"The id_token is signed with a key that the LMS does not publish. {AGAIN_EN}",
        f"id_token がLMSの公開していない鍵で署名されています。{AGAIN_JA}",
    )
    TOKEN_SIGNATURE = Words(
        Unauthenticated,
        f"The signature of the id_token is wrong. {ASK_EN}",
        f"id_token の署名が正しくありません。{ASK_JA}",
    )
    TOKEN_ISSUER = Words(
        Unauthenticated,
        f"The id_token is of another issuer. {ASK_EN}",
        f"id_token の発行者が違います。{ASK_JA}",
    )
    TOKEN_AUDIENCE = Words(
        Unauthenticated,
        f"The id_token is for somebody else. {ASK_EN}",
        f"id_token の宛先が違います。{ASK_JA}",
    )
    TOKEN_TIMES = Words(
        Unauthenticated,
        f"The id_token has no usable {{}}. {ASK_EN}",
        f"id_token の {{}} が正しくありません。{ASK_JA}",
    )
    TOKEN_EXPIRED = Words(
        Unauthenticated,
        f"The id_token is too old. {AGAIN_EN}",
        f"id_token の有効期限が切れています。{AGAIN_JA}",
    )
    TOKEN_EARLY = Words(
        Unauthenticated,
        f"The id_token is of the future: a clock is wrong. {ASK_EN}",
        f"id_token の時刻が未来です。時計がずれています。{ASK_JA}",
    )
    DEPLOYMENT_UNKNOWN = Words(
        Unauthenticated,
        f"This deployment of the LMS is not registered here. {ASK_EN}",
        f"LMSのこのデプロイメントは登録されていません。{ASK_JA}",
    )
    CLAIM_WRONG = Words(
        BadInput,
        f"The id_token has no usable {{}}. {ASK_EN}",
        f"id_token の {{}} が正しくありません。{ASK_JA}",
    )
    ANONYMOUS = Words(
        Forbidden,
        f"Your LMS does not say who you are, and nobody learns here without being known. {ASK_EN}",
        f"LMSから利用者の情報が送られていないため、利用できません。{ASK_JA}",
    )
    ROLE_UNKNOWN = Words(
        Forbidden,
        f"Your role in the LMS is neither one of learners nor one of teachers. {ASK_EN}",
        f"LMSでの役割が受講者でも教員でもありません。{ASK_JA}",
    )
    NOT_LET_IN = Words(
        Forbidden,
        "Your school's account for you was not found here. Ask your school.",
        "あなたのアカウントが見つかりません。学校・教室にお問い合わせください。",
    )
    ACCOUNT_LOCKED = Words(
        Forbidden,
        "Your account here is locked. Ask your school to unlock it.",
        "アカウントがロックされています。学校・教室にお問い合わせください。",
    )
    ACCOUNT_OUT_OF_PERIOD = Words(
        Forbidden,
        "Your account here is outside its period of use. Ask your school.",
        "アカウントの利用期間外です。学校・教室にお問い合わせください。",
    )
    CHOICE_OF_LEARNER = Words(
        Forbidden,
        "Courses are chosen by teachers.",
        "講座を選択できるのは教員だけです。",
    )
    COURSE_UNKNOWN = Words(
        NotFound,
        "There is no such course, or it is not published yet. Tell your teacher.",
        "講座が見つからないか、まだ公開されていません。先生にお知らせください。",
    )
    LESSON_UNKNOWN = Words(
        NotFound,
        "The course has no such lesson. Tell your teacher.",
        "この講座にそのレッスンはありません。先生にお知らせください。",
    )
    CODE_UNKNOWN = Words(
        BadInput,
        f"This code is not known: it was used already, or has expired. {AGAIN_EN}",
        f"このコードは使用済みか、有効期限が切れています。{AGAIN_JA}",
    )

    @property
    def code(self) -> str:
        """Its stable code."""
        return f"lti_{self.name.lower()}"


BY_CODE = {reason.code: reason for reason in Reason}
