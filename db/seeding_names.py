"""Names that large data is made of: people, organizations, places; all invented, written and in kana."""

# One pair a word, so that the lists can be read: 佐藤/サトウ.
_LAST = """
佐藤/サトウ 鈴木/スズキ 高橋/タカハシ 田中/タナカ 伊藤/イトウ 渡辺/ワタナベ 山本/ヤマモト 中村/ナカムラ 小林/コバヤシ
加藤/カトウ 吉田/ヨシダ 山田/ヤマダ 佐々木/ササキ 山口/ヤマグチ 松本/マツモト 井上/イノウエ 木村/キムラ 林/ハヤシ
斎藤/サイトウ 清水/シミズ 山崎/ヤマザキ 森/モリ 池田/イケダ 橋本/ハシモト 阿部/アベ 石川/イシカワ 山下/ヤマシタ
中島/ナカジマ 石井/イシイ 小川/オガワ 前田/マエダ 岡田/オカダ 長谷川/ハセガワ 藤田/フジタ 後藤/ゴトウ 近藤/コンドウ
村上/ムラカミ 遠藤/エンドウ 青木/アオキ 坂本/サカモト 福田/フクダ 太田/オオタ 西村/ニシムラ 藤井/フジイ 金子/カネコ
岡本/オカモト 藤原/フジワラ 三浦/ミウラ 中野/ナカノ 原田/ハラダ 松田/マツダ 竹内/タケウチ 上田/ウエダ 中山/ナカヤマ
和田/ワダ 森田/モリタ 石田/イシダ 野口/ノグチ 根本/ネモト 若林/ワカバヤシ 六車/ムグルマ 盧/ロ 龍/リュウ
"""

_FIRST = """
蓮/レン 陽翔/ハルト 湊/ミナト 大翔/ヒロト 悠真/ユウマ 樹/イツキ 蒼/アオイ 律/リツ 朝陽/アサヒ 大和/ヤマト 颯太/ソウタ
陸/リク 悠人/ユウト 翼/ツバサ 健太/ケンタ 拓海/タクミ 航/ワタル 直樹/ナオキ 亮/リョウ 誠/マコト 隼人/ハヤト 圭吾/ケイゴ
海斗/カイト 響/ヒビキ 新/アラタ 仁/ジン 慧/ケイ 瑛太/エイタ 学/マナブ 陽葵/ヒマリ 凛/リン 紬/ツムギ 結菜/ユイナ
芽依/メイ 葵/アオイ 陽菜/ヒナ 莉子/リコ 美咲/ミサキ 結衣/ユイ さくら/サクラ 杏/アン 花音/カノン 心春/コハル 七海/ナナミ
琴音/コトネ 千尋/チヒロ 彩花/アヤカ 遥/ハルカ 楓/カエデ 真央/マオ 美羽/ミウ 優奈/ユウナ 詩/ウタ 和花/ノドカ 雪乃/ユキノ
理沙/リサ 瑞希/ミズキ 舞/マイ ひかり/ヒカリ 朔/サク 伊織/イオリ
"""

_TOWN = """
青葉/アオバ 若草/ワカクサ 桜木/サクラギ 緑が丘/ミドリガオカ 松風/マツカゼ 清流/セイリュウ 朝日/アサヒ 白樺/シラカバ
千鳥/チドリ 花園/ハナゾノ 星見/ホシミ 若宮/ワカミヤ 竹園/タケゾノ 泉/イズミ 高台/タカダイ 浜風/ハマカゼ 月見/ツキミ
藤棚/フジダナ 梅里/ウメサト 楠/クスノキ 鶴舞/ツルマイ 富士見/フジミ 宝/タカラ 旭/アサヒ 日吉/ヒヨシ
"""

_DIRECTION = "東/ヒガシ 西/ニシ 南/ミナミ 北/キタ 中央/チュウオウ 第一/ダイイチ 第二/ダイニ 学園/ガクエン"

FAMILIES = ("明星ゼミナール", "若葉進学会", "飛翔学院", "青雲塾", "双葉アカデミー", "光陵予備校")
GROUPS = ("中1", "中2", "中3", "高1文系", "高1理系", "高2文系", "高2理系", "高3文系", "高3理系", "特別講習")


def _pairs(words: str) -> tuple[tuple[str, str], ...]:
    pairs = (word.split("/") for word in words.split())
    return tuple((written, kana) for written, kana in pairs)


LAST_NAMES = _pairs(_LAST)
FIRST_NAMES = _pairs(_FIRST)
TOWNS = _pairs(_TOWN)
DIRECTIONS = _pairs(_DIRECTION)


def school_name(number: int) -> tuple[str, str]:
    """The name of a school and its kana; numbers from 0 on have names of their own."""
    round_, place = divmod(number, len(TOWNS) * len(DIRECTIONS))
    direction, town = divmod(place, len(TOWNS))
    written, kana = (town_ + way for town_, way in zip(TOWNS[town], DIRECTIONS[direction], strict=True))
    return (written, kana) if round_ == 0 else (f"{written}{round_ + 1}", f"{kana}{round_ + 1}")


def organization_name(number: int, family_size: int) -> tuple[str, str]:
    """The name and abbreviation of an organization; the first of each family is the parent."""
    family, child = divmod(number, family_size)
    round_, name = divmod(family, len(FAMILIES))
    parent = FAMILIES[name] if round_ == 0 else f"{FAMILIES[name]}{round_ + 1}"
    if child == 0:
        return parent, parent[:2]
    campus = f"{TOWNS[number % len(TOWNS)][0]}校"
    return f"{parent}{campus}", campus
