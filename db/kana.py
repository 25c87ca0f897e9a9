"""How Japanese text is folded for searching, ordering and the kana groups (カナ姓の行)."""

import unicodedata

import jaconv

SMALL_TO_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")

ROWS = {
    "A": "アイウエオ",
    "K": "カキクケコ",
    "S": "サシスセソ",
    "T": "タチツテト",
    "N": "ナニヌネノ",
    "H": "ハヒフヘホ",
    "M": "マミムメモ",
    "Y": "ヤユヨ",
    "R": "ラリルレロ",
    "W": "ワヰヱヲン",
}
ROW_OF = {kana: row for row, letters in ROWS.items() for kana in letters}


def fold(text: str) -> str:
    """Fold what people write differently and mean alike: width (NFKC), case, hiragana, small kana."""
    return jaconv.hira2kata(unicodedata.normalize("NFKC", text).lower()).translate(SMALL_TO_LARGE)


def search_key(*parts: str) -> str:
    """The folded text that a keyword is looked for in; a line per part, so that no keyword spans two."""
    return "\n".join(fold(part) for part in parts)


def pattern(keyword: str) -> str:
    """A LIKE pattern (escape character: backslash) that finds the folded keyword anywhere, literally."""
    literal = fold(keyword).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal}%"


def kana_group(last_name_kana: str) -> str:
    """The row of the first character: A K S T N H M Y R W, or OTHER for what is no kana (ー, Latin, kanji, digits).

    Voiced marks are dropped (ガ is K), small kana count as large ones (ッ is T), ヴ is A, ヷ to ヺ and ン are W.
    """
    first = fold(last_name_kana)[:1]
    base = unicodedata.normalize("NFD", first)[:1]
    return ROW_OF.get(base, "OTHER")
