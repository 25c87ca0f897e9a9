"""Tests of how Japanese text is folded, for searching, ordering and the kana groups."""

import json
from pathlib import Path

import pytest

import db.demo
from db.kana import fold, kana_group, pattern, search_key

FOLDER = Path(db.demo.__file__).parent

GROUPS = {
    "A": "アイウエオァィゥェォヴあいうえおぁぃぅぇぉゔｱｲｳｴｵｧｨｩｪｫ",
    "K": "カキクケコガギグゲゴヵヶかきくけこがぎぐげごゕゖｶｷｸｹｺ",
    "S": "サシスセソザジズゼゾさしすせそざじずぜぞｻｼｽｾｿ",
    "T": "タチツテトダヂヅデドッたちつてとだぢづでどっﾀﾁﾂﾃﾄｯ",
    "N": "ナニヌネノなにぬねのﾅﾆﾇﾈﾉ",
    "H": "ハヒフヘホバビブベボパピプペポはひふへほばびぶべぼぱぴぷぺぽﾊﾋﾌﾍﾎ",
    "M": "マミムメモまみむめもﾏﾐﾑﾒﾓ",
    "Y": "ヤユヨャュョやゆよゃゅょﾔﾕﾖｬｭｮ",
    "R": "ラリルレロらりるれろﾗﾘﾙﾚﾛ",
    "W": "ワヰヱヲンヮヷヸヹヺわゐゑをんゎﾜｦﾝ",
    "OTHER": "ー－ｰ・ヽ亜橋龍AzＡｚé7７ 　%_@",
}


@pytest.mark.parametrize("group", GROUPS)
def test_a_kana_group_is_the_row_of_the_first_character(group: str) -> None:
    assert {letter: kana_group(letter + "カナ") for letter in GROUPS[group]} == dict.fromkeys(GROUPS[group], group)


def test_no_name_is_in_the_group_of_others() -> None:
    assert kana_group("") == "OTHER"


NAMES = {"ガイブ": "K", "ｶﾞｲﾌﾞ": "K", "が行": "K", "ヴァンス": "A", "Ｓｍｉｔｈ": "OTHER", "ﾊﾟｸ": "H"}


def test_a_name_may_be_written_in_any_width() -> None:
    assert {name: kana_group(name) for name in NAMES} == NAMES


def test_every_person_of_the_demo_is_in_the_group_that_its_file_says() -> None:
    files = (json.loads((FOLDER / f"{word}.json").read_text("utf-8")) for word in ("people", "students"))
    said = [person for people in files for person in people if "last_name_kana_prefix_group" in person]
    assert len(said) == 36
    wanted = {person["uid"]: person["last_name_kana_prefix_group"] for person in said}
    assert {person["uid"]: kana_group(person["last_name_kana"]) for person in said} == wanted


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("がいぶ", "ガイブ"),
        ("ガイブ", "ガイブ"),
        ("ｶﾞｲﾌﾞ", "ガイブ"),
        ("キャッチ", "キヤツチ"),
        ("ァィゥェォヮヵヶ", "アイウエオワカケ"),
        ("ｼｭﾝﾖｳ", "シユンヨウ"),
        ("ＡＢＣａｂｃ１２３", "abcabc123"),
        ("Atama＋", "atama+"),
        ("㈱", "(株)"),
        ("ÀÉ", "àé"),
        ("ー", "ー"),
        ("橋本　学", "橋本 学"),
        ("", ""),
    ],
)
def test_folding_makes_alike_what_means_alike(written: str, folded: str) -> None:
    assert fold(written) == folded
    assert fold(folded) == folded, "what is folded stays as it is"


@pytest.mark.parametrize(
    ("keyword", "escaped"),
    [
        ("上野", "%上野%"),
        ("x_3", r"%x\_3%"),
        ("100%", r"%100\%%"),
        ("a\\b", r"%a\\b%"),
        ("＿％＼", r"%\_\%\\%"),
        ("", "%%"),
        ("キャッチ", "%キヤツチ%"),
    ],
)
def test_a_keyword_is_looked_for_literally(keyword: str, escaped: str) -> None:
    assert pattern(keyword) == escaped


def test_a_search_key_has_a_line_for_each_part() -> None:
    assert search_key("K001", "がいぶ", "ﾚﾝｹｲ") == "k001\nガイブ\nレンケイ"
