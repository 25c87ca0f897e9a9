"""The parameters that several operations of the Diverse API share, and the words that its lists take."""

from gateway.doors.door import MOST_PER_PAGE
from gateway.doors.kinds import Choice, Count, Integer, Key, Listed, Text
from gateway.doors.parameters import Parameter

CATEGORIES = ("packaged", "external_app", "recommended", "atama_plus", "others")
SUBJECTS = (
    *("english", "mathematics", "japanese", "kobun", "kanbun", "physics", "chemistry", "biology", "geology"),
    *("japanese_history", "world_history", "geography", "political_economy", "ethics", "modern_society"),
    *("ethics_and_political_economy", "thesis", "national_language", "others"),
)
LEVELS = (
    *("entrance_exam_special", "entrance_exam_advanced", "entrance_exam_intermediate", "pre_entrance_exam"),
    "other",
)
TAGS = (
    *("emergency", "importance", "maintenance", "system_update", "service_information"),
    *("entrace_exam_info", "material", "practice_exam", "others"),
)
KANA_GROUPS = ("A", "K", "S", "T", "N", "H", "M", "Y", "R", "W", "OTHER")
SYSTEMS = ("admin", "lms", "coaching")


def paging(per: int = 50) -> tuple[Parameter, Parameter]:
    """The page and how many rows it has; neither is ever refused."""
    return (
        Parameter("page", Count(1), default=1),
        Parameter("per", Count(per, most=MOST_PER_PAGE), default=per),
    )


def order(*fields: str) -> tuple[Parameter, Parameter]:
    """What a list may be ordered by, the first of them unless told; and which way."""
    return (
        Parameter("order_by", Choice(fields), default=fields[0]),
        Parameter("order_direction", Choice(("asc", "desc")), default="asc"),
    )


ORGANIZATION_CODE = Parameter("organization_code", Text(), required=True)
ORGANIZATION_ID = Parameter("organization_id", Integer())
LIKE_KEYWORD = Parameter("like_keyword", Text())
UIDS = Parameter("uids", Listed(Text()))


def keys(name: str, words: tuple[str, ...]) -> Parameter:
    """A list of keys that rows are filtered by."""
    return Parameter(name, Listed(Key(words)))
