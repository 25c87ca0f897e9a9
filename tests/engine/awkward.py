"""Texts and instants that databases, JSON and drivers are known to mistreat."""

import datetime

UTC = datetime.UTC

# What people are called in this world: few enough that many sort keys are equal.
KANA = (
    ("ヤマダ", "タロウ"),
    ("ガイブ", "レンケイ"),
    ("がいぶ", "れんけい"),
    ("ｶﾞｲﾌﾞ", "ﾚﾝｹｲ"),
    ("カ\u3099イフ\u3099", "レンケイ"),
    ("ヴァン", "ッタ"),
    ("ヵヶ", "ァィゥ"),
    ("ッパ", "ョ"),
    ("ヷヺ", "ン"),
    ("ンジャメナ", "ー"),
    ("ーバー", ""),
    ("ＡＢＣ", "ａｂｃ"),
    ("Straße", "İstanbul"),
    ("山田", "太郎"),
    ("", "ナナシ"),
    ("ﾊﾟ", "ﾋﾟ"),
    ("ヲノ", "ヱミ"),
    ("ﾗ%ﾘ_", "ル\\レ"),
)

TEXTS = (
    "山田",
    "山田",
    "O'Brien \"Q\" ''",
    "back\\slash \\n \\u0041 \\\\",
    "100%_of%%\\%\\_",
    "\x01\x02\x08\x0b\x0c\x1b\x1f\x7f",
    "tab\tnew\nline\r\nreturn",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "𠮷野家𩸽",
    "か\u3099き\u3099は\u309a",
    "ｶﾞｷﾞﾊﾟ ｱｲｳ",
    "ＡＢＣ１２３　全角",
    "\u2028line\u2029paragraph\u0085next",
    "\ufeffbom\u200bzero\u200ewidth",
    "שלום العربية",
    "\ufffe\uffff\U0010ffff",
    '{"a":[1,null,"x"]}',
    "null",
    "</script><!--",
    ":name %s %(x)s $1 ? @p {0}",
    "'; drop table students; --",
    "é e\u0301 Å Å ﬁ ㍿ ﷺ",
    "",
    " ",
    "Ａ",
    "a",
    "Z",
    "ア",
    "ｱ",
    "あ",
    "０",
    "9",
)
LONG = "長い" * 2000 + "\\\"'\n" + "𠮷" * 500

# Instants whose printing is easily got wrong: fractions, the second before another day, old offsets of Japan.
INSTANTS = (
    datetime.datetime(2026, 4, 1, 0, 0, tzinfo=UTC),
    datetime.datetime(2026, 4, 1, 0, 0, 0, 1, tzinfo=UTC),
    datetime.datetime(2026, 3, 31, 14, 59, 59, 999999, tzinfo=UTC),
    datetime.datetime(2026, 3, 31, 15, 0, 0, 500000, tzinfo=UTC),
    datetime.datetime(2025, 12, 31, 23, 59, 59, 999500, tzinfo=UTC),
    datetime.datetime(2024, 2, 29, 12, 34, 56, 120000, tzinfo=UTC),
    datetime.datetime(1969, 12, 31, 23, 59, 59, 900000, tzinfo=UTC),
    datetime.datetime(1949, 7, 1, 12, 0, 0, tzinfo=UTC),
    datetime.datetime(1880, 1, 1, 0, 0, 0, tzinfo=UTC),
    datetime.datetime(900, 1, 1, 0, 0, 0, tzinfo=UTC),
    datetime.datetime(1, 1, 2, 0, 0, 0, tzinfo=UTC),
)
# The last instant that a four-digit year holds in Japan.
LAST = datetime.datetime(9999, 12, 31, 14, 59, 59, 0, tzinfo=UTC)
DAYS = (
    None,
    datetime.date(1, 1, 2),
    datetime.date(999, 12, 31),
    datetime.date(1900, 2, 28),
    datetime.date(2010, 6, 26),
    datetime.date(2024, 2, 29),
    datetime.date(9999, 12, 30),
)
