"""Schools from the list of school codes: headings over several lines, and a second time nothing happens."""

import asyncio
from pathlib import Path

from sqlalchemy import select, update
from typer.testing import CliRunner

from db.students import schools
from gateway.__main__ import cli
from tests.imports.importing import Importing
from tests.webhooks.test_worker import variables

HEADING = (
    '学校コード,学校種,都道府県番号,"設置\n区分",本分校,学校名,学校所在地,郵便番号,"属性情報\n設定年月日",'
    '"属性情報\n廃止年月日","旧学校\n調査番号",移行後の学校コード\n'
)
ROWS = (
    "F101110100010,F1(大学),01(北海道),1(国),1(本),北海道大学,北海道札幌市,0600808,2021-01-20,,0100,\n"
    "F201210100081,F2(短大),13(東京),2(公),1(本),都立短期大学,東京都,0608556,2021-01-20,2022-03-31,1100,\n"
    "G147310111832,G1(高専),47(沖縄),3(私),1(本),沖縄高専,沖縄県名護市,9052192,2021-01-20,,6732,\n"
)
WRONG = (
    "F10111,F1(大学),01(北海道),1(国),1(本),短い,,,,,,\n"
    "F101110100029,F1(大学),48(どこか),1(国),1(本),どこか,,,,,,\n"
    "F101110100038,F1(大学),01(北海道),9(他),1(本),何か,,,,,,\n"
)


async def test_a_list_is_loaded_once_and_what_changed_is_changed(idle: Importing, url: str, tmp_path: Path) -> None:
    file = tmp_path / "scode.csv"

    async def load(text: str, *options: str) -> tuple[int, str]:
        file.write_text(text, "utf-8-sig")
        env = variables(url, idle.running.settings.data_dir)
        arguments = ["schools", "import", str(file), *options]
        ended = await asyncio.to_thread(CliRunner().invoke, cli, arguments, env=env, prog_name="kakehashi")
        return ended.exit_code, ended.output

    async def kept() -> list[tuple[object, ...]]:
        names = ("code", "name", "establishment_type", "prefecture_code", "name_kana")
        found = select(*[schools.c[name] for name in names]).where(schools.c.code.like("_____________"))
        async with idle.running.database.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(found.order_by(schools.c.code))]

    told = await load(HEADING + ROWS, "--dry-run")
    assert (told, await kept()) == ((0, "Would be: 3 new, 0 changed, 0 as they were, 0 wrong.\n"), [])
    assert await load(HEADING + ROWS) == (0, "Schools: 3 new, 0 changed, 0 as they were, 0 wrong.\n")
    expected = [
        ("F101110100010", "北海道大学", "national", "1", ""),
        ("F201210100081", "都立短期大学", "public", "13", ""),
        ("G147310111832", "沖縄高専", "private", "47", ""),
    ]
    assert await kept() == expected
    async with idle.running.database.writing() as transaction:
        this = update(schools).where(schools.c.code == "F101110100010")
        await transaction.execute(this.values(name_kana="ホツカイドウ"))
    assert await load(HEADING + ROWS.replace("沖縄高専", "沖縄工業高専")) == (
        0,
        "Schools: 0 new, 1 changed, 2 as they were, 0 wrong.\n",
    )
    assert [(row[1], row[4]) for row in await kept()] == [
        ("北海道大学", "ホツカイドウ"),
        ("都立短期大学", ""),
        ("沖縄工業高専", ""),
    ]
    status, output = await load(HEADING + WRONG)
    assert (status, output.splitlines()[-1]) == (1, "Schools: 0 new, 0 changed, 0 as they were, 3 wrong.")
    assert [line.partition(":")[0] for line in output.splitlines()[:-1]] == [
        "Line 6, 学校コード",
        "Line 7, 都道府県番号",
        "Line 8, 設置区分",
    ]
    assert await load("学校名\nx\n") == (1, "The column 学校コード is not there.\n")
    assert len(await kept()) == 3
