"""Proves that GraphiQL is served safely, and that it works in a browser without any network beyond the server."""

import asyncio
import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

import httpx2
import pytest
from graphql import build_schema, parse, validate
from playwright.sync_api import expect

from db.connections.database import connect
from gateway.app import make_app
from gateway.development_tokens import token_for
from gateway.graphiql import FOLDER, MEDIA_TYPES, graphiql_routes
from gateway.settings import Settings
from tests.gateway.browser import Visit, chromium_path, serving, visiting
from tests.gateway.graphiql_page import (
    DOCUMENTATION,
    RESPONSE,
    choose_example,
    run,
    show_documentation,
    wait_for_status,
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())
EXAMPLES = json.loads((FOLDER / "examples.json").read_text("utf-8"))
SOURCES = Path(__file__).parents[2] / "graphiql"
UID = "auth0|demo-owner-parent"


@pytest.fixture(scope="module")
def settings(filled: dict[str, str], data_dir: Path) -> Settings:
    """The settings of the app that the browser visits; its pages only read."""
    return Settings(database_url=filled["sqlite"], data_dir=data_dir)


@pytest.fixture(scope="module")
def graphiql_url(settings: Settings) -> Iterator[str]:
    """Where the app runs, without a slash at the end."""
    with serving(make_app(settings)) as url:
        yield url


@pytest.fixture(scope="module")
def access_token(settings: Settings) -> str:
    """A token of the person UID."""
    return asyncio.run(token_of(settings))


async def token_of(settings: Settings) -> str:
    database = connect(settings.database)
    await database.open()
    token = await token_for(settings, database, UID, hours=1)
    await database.close()
    return token


@pytest.fixture
def visit(graphiql_url: str) -> Iterator[Visit]:
    """An empty page of a browser that reaches nothing but the server."""
    chromium = chromium_path()
    if chromium is None:
        pytest.skip("There is no Chromium on this machine (Debian: apt-get install chromium).")
    with visiting(graphiql_url, chromium) as opened:
        yield opened


@pytest.mark.parametrize("name", FILES)
def test_every_built_file_is_served_as_it_is_with_its_type_and_the_policy(graphiql_url: str, name: str) -> None:
    answer = httpx2.get(f"{graphiql_url}/graphiql/{name}")
    assert answer.status_code == 200
    assert answer.content == (FOLDER / name).read_bytes()
    assert answer.headers["content-type"].split(";")[0] == MEDIA_TYPES[PurePosixPath(name).suffix]
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", FILES)
def test_only_files_named_by_their_content_are_kept_by_browsers(graphiql_url: str, name: str) -> None:
    kept = httpx2.head(f"{graphiql_url}/graphiql/{name}").headers["cache-control"]
    hashed = re.fullmatch(r"assets/.+-[\w-]{8}\.\w+", name)
    assert kept == ("public, max-age=31536000, immutable" if hashed else "no-cache")


@pytest.mark.parametrize("path", ["/", "/graphiql"])
def test_short_addresses_lead_to_the_page(graphiql_url: str, path: str) -> None:
    answer = httpx2.get(graphiql_url + path)
    assert (answer.status_code, answer.headers["location"]) == (307, "graphiql/")
    page = httpx2.get(graphiql_url + path, follow_redirects=True)
    assert page.url == f"{graphiql_url}/graphiql/"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Kakehashi 架け橋 – GraphiQL</title>" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "nothing.js",
        "assets",
        "assets/",
        "../graphiql.py",
        "%2e%2e/%2e%2e/graphiql.py",
        "..%2f..%2fgraphiql.py",
        "..%5c..%5cgraphiql.py",
        "assets/../../../graphiql.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "index.html%00.js",
    ],
)
def test_nothing_but_the_built_files_can_be_read(graphiql_url: str, path: str) -> None:
    address = httpx2.URL(graphiql_url)
    target = f"/graphiql/{path}".encode()
    # The target goes out as it is written here; an ordinary client would tidy it first.
    with httpx2.Client() as client:
        answer = client.send(httpx2.Request("GET", address, extensions={"target": target}))
    assert answer.status_code == 404
    assert answer.json() == {"message": "GraphiQL has no such file. Its page is /graphiql/."}
    assert answer.headers["content-security-policy"] == POLICY


def test_a_missing_page_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"^GraphiQL is not in {tmp_path}. Build it with `make graphiql`.$"):
        graphiql_routes(tmp_path)


def test_the_page_was_built_from_the_sources_as_they_are() -> None:
    kept = json.loads((FOLDER / "sources.json").read_text("utf-8"))
    now = {path: sha256((SOURCES / path).read_bytes()).hexdigest() for path in kept}
    assert now == kept, "The page is older than its sources: run `make graphiql`."
    assert {f"src/{path.name}" for path in (SOURCES / "src").iterdir()} == {path for path in kept if "/" in path}


def test_the_examples_are_told_apart_by_title_and_operation() -> None:
    operations = [re.findall(r"^query (\w+)", example["query"], re.MULTILINE) for example in EXAMPLES]
    assert all(len(names) == 1 for names in operations)
    assert len({names[0] for names in operations}) == len({example["title"] for example in EXAMPLES}) == len(EXAMPLES)


def test_the_page_names_no_foreign_address() -> None:
    page = (FOLDER / "index.html").read_text("utf-8")
    assert re.findall(r"(?:https?:)?//[\w.-]+", page) == []
    assert re.findall(r'(?:src|href)="(?!\./assets/)[^"]*"', page) == []


def test_the_page_loads_without_an_error_and_without_the_network(visit: Visit, graphiql_url: str) -> None:
    visit.page.goto(f"{graphiql_url}/")
    wait_for_status(visit.page, "Schema read, no token")
    expect(visit.page.locator(".graphiql-query-editor .view-lines")).to_contain_text("query Viewer")
    assert visit.page.title() == "Kakehashi 架け橋 – GraphiQL"
    assert (visit.errors, visit.violations(), visit.outside) == ([], [], [])


def test_an_example_runs_with_the_token_of_the_field(visit: Visit, graphiql_url: str, access_token: str) -> None:
    visit.page.goto(f"{graphiql_url}/graphiql/")
    wait_for_status(visit.page, "Schema read, no token")
    field = visit.page.get_by_label("Access token")
    assert field.get_attribute("type") == "password"
    field.fill(f" Bearer {access_token}\n")
    with visit.page.expect_request("**/graphql") as introspection:
        field.press("Enter")
    assert introspection.value.header_value("authorization") == f"Bearer {access_token}"
    assert json.loads(introspection.value.post_data or "")["operationName"] == "IntrospectionQuery"
    wait_for_status(visit.page, UID)
    choose_example(visit.page, EXAMPLES[0]["title"])
    run(visit.page)
    expect(visit.page.locator(RESPONSE)).to_contain_text(f'"uid": "{UID}"')
    assert visit.page.evaluate("Object.values(localStorage).filter((text) => text.includes('eyJ'))") == []
    assert (visit.errors, visit.violations(), visit.outside) == ([], [], [])


def test_a_link_with_a_token_opens_the_page_signed_in(visit: Visit, graphiql_url: str, access_token: str) -> None:
    with visit.page.expect_request("**/graphql") as introspection:
        visit.page.goto(f"{graphiql_url}/#token={access_token}")
    assert introspection.value.header_value("authorization") == f"Bearer {access_token}"
    assert visit.page.url == f"{graphiql_url}/graphiql/"
    expect(visit.page.get_by_label("Access token")).to_have_value(access_token)
    wait_for_status(visit.page, UID)
    visit.page.reload()
    wait_for_status(visit.page, UID)
    visit.page.get_by_label("Access token").fill("")
    visit.page.get_by_role("button", name="Show", exact=True).click()
    assert visit.page.get_by_label("Access token").get_attribute("type") == "text"
    visit.page.get_by_label("Access token").press("Enter")
    wait_for_status(visit.page, "Schema read, no token")
    assert visit.page.evaluate("sessionStorage.length") == 0
    assert (visit.errors, visit.violations(), visit.outside) == ([], [], [])


def test_the_menu_offers_the_examples_that_are_written_beside_the_page(visit: Visit, graphiql_url: str) -> None:
    visit.page.goto(f"{graphiql_url}/graphiql/")
    wait_for_status(visit.page, "Schema read")
    visit.page.get_by_role("button", name="Examples").click()
    assert visit.page.get_by_role("menuitem").all_inner_texts() == [example["title"] for example in EXAMPLES]
    visit.page.keyboard.press("Escape")
    chosen = EXAMPLES[2]
    choose_example(visit.page, chosen["title"])
    expect(visit.page.get_by_role("tab")).to_have_count(2)
    expect(visit.page.locator(".graphiql-query-editor .view-lines")).to_contain_text("query Organization(")
    expect(visit.page.locator(".graphiql-editor-tool .view-lines").first).to_contain_text(chosen["variables"]["code"])


def test_the_documentation_shows_the_description_of_a_type(visit: Visit, graphiql_url: str, access_token: str) -> None:
    asked = {"query": '{ __type(name: "Viewer") { description } }'}
    headers = {"authorization": f"Bearer {access_token}"}
    described = httpx2.post(f"{graphiql_url}/graphql", json=asked, headers=headers).json()["data"]["__type"]
    visit.page.goto(f"{graphiql_url}/#token={access_token}")
    wait_for_status(visit.page, UID)
    show_documentation(visit.page, "Viewer")
    expect(visit.page.locator(DOCUMENTATION)).to_contain_text(described["description"].split("\n")[0].replace("`", ""))
    assert (visit.errors, visit.violations(), visit.outside) == ([], [], [])


def test_a_refused_token_is_told_in_the_bar(visit: Visit, graphiql_url: str) -> None:
    visit.page.goto(f"{graphiql_url}/graphiql/#token=garbled")
    wait_for_status(visit.page, "No schema: ")
    expect(visit.page.get_by_role("status")).to_have_class(re.compile("top-bar-status-error"))
    assert (visit.violations(), visit.outside) == ([], [])


def test_prettify_loads_its_parts_from_the_server(visit: Visit, graphiql_url: str) -> None:
    visit.page.goto(f"{graphiql_url}/graphiql/")
    wait_for_status(visit.page, "Schema read")
    choose_example(visit.page, EXAMPLES[2]["title"])
    lines = visit.page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .view-line")
    expect(lines).to_have_count(3)
    lines.first.click()
    for key in ("Control+Home", "ArrowRight", "Delete"):
        visit.page.keyboard.press(key)
    expect(lines).to_have_count(2)
    visit.page.get_by_role("button", name="Prettify query").click()
    expect(lines).to_have_text(["{", '"code": "kakehashi-ueno"', "}", ""])
    assert (visit.errors, visit.violations(), visit.outside) == ([], [], [])


@pytest.mark.parametrize("plugin", ["History", "GraphiQL Explorer"])
def test_history_and_explorer_open_without_an_error(visit: Visit, graphiql_url: str, plugin: str) -> None:
    visit.page.goto(f"{graphiql_url}/graphiql/")
    wait_for_status(visit.page, "Schema read")
    visit.page.get_by_role("button", name=f"Show {plugin}").click()
    expect(visit.page.get_by_role("button", name=f"Hide {plugin}")).to_be_visible()
    assert (visit.errors, visit.violations(), visit.outside) == ([], [], [])


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["title"].partition(" – ")[2] for example in EXAMPLES])
def test_every_example_fits_the_graph_and_finds_something(
    graphiql_url: str, access_token: str, example: dict[str, object]
) -> None:
    graph = build_schema((SOURCES.parent / "schema.graphql").read_text("utf-8"))
    assert validate(graph, parse(str(example["query"]))) == []
    body = {"query": example["query"], "variables": example["variables"]}
    answer = httpx2.post(f"{graphiql_url}/graphql", json=body, headers={"Authorization": f"Bearer {access_token}"})
    assert "errors" not in answer.json()
    assert '"nodes":[]' not in answer.text
    assert None not in answer.json()["data"].values()
