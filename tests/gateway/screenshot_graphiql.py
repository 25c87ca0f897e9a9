"""Takes the picture of GraphiQL for the documentation: `python -m tests.gateway.screenshot_graphiql URL --token T`."""

import argparse
import json
from pathlib import Path

from playwright.sync_api import expect

from gateway.graphiql import FOLDER
from tests.gateway.browser import chromium_path, visiting
from tests.gateway.graphiql_page import RESPONSE, choose_example, run, show_documentation, wait_for_status

LARGEST = 300 * 1024


def take(server: str, token: str, operation: str, type_name: str, to: Path) -> None:
    """Shows the example with this operation, its answer, and the documentation of a type; keeps the picture in `to`."""
    chromium = chromium_path()
    if chromium is None:
        raise SystemExit("There is no Chromium on this machine (Debian: apt-get install chromium fonts-noto-cjk).")
    with visiting(server, chromium) as visit:
        visit.page.goto(f"{server}/graphiql/#token={token}")
        wait_for_status(visit.page, "until")
        choose_example(visit.page, _title(operation))
        run(visit.page)
        expect(visit.page.locator(RESPONSE)).to_contain_text('"data"')
        show_documentation(visit.page, type_name)
        visit.page.mouse.move(640, 790)
        visit.page.wait_for_timeout(1_000)  # Colours and drawn lines come a moment after the text.
        visit.page.screenshot(path=to)
    if to.stat().st_size > LARGEST:
        raise SystemExit(f"{to} has {to.stat().st_size} bytes, more than {LARGEST}: show less, or raise LARGEST.")


def _title(operation: str) -> str:
    examples = json.loads((FOLDER / "examples.json").read_text("utf-8"))
    titles: list[str] = [one["title"] for one in examples if f"query {operation}" in one["query"]]
    if not titles:
        raise SystemExit(f"No example has the operation {operation}; graphiql/src/examples.js lists them.")
    return titles[0]


def main() -> None:
    """Reads the command line and takes the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="where the gateway runs, for example http://127.0.0.1:8000")
    parser.add_argument("--token", required=True, help="an access token, for example of `kakehashi token UID`")
    parser.add_argument("--operation", default="Students", help="the example to run, by the name of its operation")
    parser.add_argument("--type", default="Student", help="the type whose documentation to show")
    parser.add_argument("--to", type=Path, default=Path("docs/graphiql.png"), help="where the picture goes")
    given = parser.parse_args()
    take(given.server.rstrip("/"), given.token, given.operation, given.type, given.to)


if __name__ == "__main__":
    main()
