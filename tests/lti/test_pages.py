"""Tests of the pages of a launch as they are sent: their headers, what their scripts are told, and what they run."""

import base64
import json
import re
from collections.abc import AsyncIterator
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from starlette.responses import Response

from gateway.lti.pages import fetch_and_come_back, keep_and_go_on, open_in_new_window
from gateway.lti.static import FOLDER
from gateway.pages import refused
from gateway.settings import Settings
from tests.accounts.calling import OWNER, by_auth0
from tests.conftest import Running, running

HOSTILE = "</script><!--\"'&<img src=x onerror=alert(1)>\u2028日本"
ORIGIN = "https://lms.example.jp"
SCREENS = {
    "course": "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none';"
    " connect-src 'self'; img-src data:",
    "picker": "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action *;"
    " connect-src 'self'; img-src data:",
}
DOCUMENTS = sorted(FOLDER.glob("*.graphql"))
NAMED = re.compile(r"""(?:src|href)="([^"]*)"|from '\./([^']*)'""")


@pytest.fixture
async def app(filled: dict[str, str], data_dir: Path) -> AsyncIterator[Running]:
    """The app; its prefixes are an operator's own."""
    settings = Settings(database_url=filled["sqlite"], data_dir=data_dir, talktiko_prefix="/x/talk")
    async with running(settings) as started:
        yield started


def keeping(value: str = "v", onward: str = "https://lms.example.jp/auth?a=1&b=2") -> Response:
    """A page that has the platform keep something."""
    return keep_and_go_on(origin=ORIGIN, target="_parent", key="k", value=value, onward=onward)


def fetching(token: str = "t", leads_to: str = "") -> Response:
    """A page that asks for it again."""
    fields = {"state": "s", "id_token": token}
    return fetch_and_come_back(
        origin=ORIGIN, target="frame", key="k", action="https://tool/callback", fields=fields, leads_to=leads_to
    )


def text(answer: Response) -> str:
    """The page."""
    return bytes(answer.body).decode()


def told(answer: Response) -> object:
    """What its script is told."""
    found = re.search(r'<script type="application/json" id="told">(.*?)</script>', text(answer), re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.parametrize("answer", [keeping(), fetching(), open_in_new_window(again="https://tool/login?a=1")])
def test_nothing_runs_in_a_page_but_the_script_beside_it(answer: Response) -> None:
    style = re.findall(r"<style>(.*?)</style>", text(answer))[0]
    hashed = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; script-src 'self'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'self'"
    )
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    assert re.findall(r"<script(?! type=\"application/json\")[^>]*>", text(answer)) in (
        [],
        ['<script src="static/storage.js" defer>'],
    )
    assert re.findall(r" on\w+=| style=", text(answer)) == []


def test_whatever_is_told_stays_a_value() -> None:
    onward = f"https://lms.example.jp/auth?x={HOSTILE}"
    answer = keeping(HOSTILE, onward)
    assert told(answer) == {"origin": ORIGIN, "target": "_parent", "key": "k", "value": HOSTILE, "onward": onward}
    assert "<img" not in text(answer)
    (link,) = re.findall(r'<noscript><p><a href="([^"]*)">', text(answer))
    assert unescape(link) == onward


def test_a_form_has_its_fields_as_they_came_and_an_empty_proof() -> None:
    answer = fetching(HOSTILE)
    assert "<img" not in text(answer)
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text(answer))
    assert [(name, unescape(value)) for name, value in fields] == [("state", "s"), ("id_token", HOSTILE), ("proof", "")]
    assert '<form method="post" action="https://tool/callback">' in text(answer)
    assert told(answer) == {"origin": ORIGIN, "target": "frame", "key": "k"}


def test_a_form_may_lead_to_the_page_of_the_operator_and_says_where_it_is_from() -> None:
    answer = fetching(leads_to="https://school.example.jp")
    assert answer.headers["content-security-policy"].endswith("; form-action 'self' https://school.example.jp")
    assert answer.headers["referrer-policy"] == "same-origin"
    assert keeping().headers["referrer-policy"] == "no-referrer"


def test_a_new_window_knows_nothing_of_the_frame() -> None:
    answer = open_in_new_window(again='https://tool/login?iss="><b>')
    assert answer.status_code == 400
    (link,) = re.findall(r'<a href="([^"]*)" target="_blank" rel="noopener">', text(answer))
    assert unescape(link) == 'https://tool/login?iss="><b>'
    assert "<b>" not in text(answer)


def test_a_refusal_says_why_in_both_languages_with_the_status_and_headers_of_whoever_refuses() -> None:
    answer = refused(english="No <b>", japanese="いいえ", status=403, headers={"Retry-After": "7"})
    assert (answer.status_code, answer.headers["retry-after"]) == (403, "7")
    assert '<p lang="en">No &lt;b&gt;</p><p lang="ja">いいえ</p>' in text(answer)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_is_the_same_for_all_and_finds_the_graph(app: Running, name: str) -> None:
    answer = await app.client.get(f"/x/talk/lti/{name}?launch=1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == SCREENS[name]
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    (graph,) = re.findall(r'<meta name="graphql" content="([^"]*)">', answer.text)
    assert app.client.base_url.join(f"/x/talk/lti/{name}").join(graph).path == "/graphql"
    posted = await app.client.post(f"/x/talk/lti/{name}")
    assert (posted.status_code, posted.headers["allow"]) == (405, "GET, HEAD")


async def test_whatever_a_page_or_a_script_names_is_served_and_nothing_is_elsewhere(app: Running) -> None:
    pages = [(await app.client.get(f"/x/talk/lti/{name}")).text for name in SCREENS]
    scripts = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.js")}
    named = {one or other for source in (*pages, *scripts.values()) for one, other in NAMED.findall(source)}
    local = {name.removeprefix("static/") for name in named if not name.startswith("data:,")}
    assert {"course.js", "picker.js", "launch.css", "words.js", "session.js", "elements.js"} <= local
    asked = {found for source in scripts.values() for found in re.findall(r"\.ask\('(\w+)'", source)}
    assert {f"{name}.graphql" for name in asked} == {path.name for path in DOCUMENTS}
    for name in (*local, *(path.name for path in DOCUMENTS)):
        assert (await app.client.get(f"/x/talk/lti/static/{name}")).status_code == 200, name
    texts = (*pages, *scripts.values(), (FOLDER / "launch.css").read_text("utf-8"))
    assert [found for source in texts for found in re.findall(r"(?:https?:)?//[\w-]+\.[\w.-]+", source)] == []
    assert (await app.client.get("/x/talk/lti/static/course.html")).status_code == 404


def test_both_languages_say_the_same_things() -> None:
    source = (FOLDER / "words.js").read_text("utf-8")
    english, japanese = re.findall(r"const [A-Z]+ = \{(.*?)\n\};", source, re.DOTALL)
    names = [re.findall(r"^  (\w+):", one, re.MULTILINE) for one in (english, japanese)]
    assert names[0] == names[1]
    assert len(names[0]) == len(set(names[0])) > 40


@pytest.mark.parametrize("path", DOCUMENTS, ids=[path.stem for path in DOCUMENTS])
def test_every_document_of_the_pages_fits_the_graph(path: Path) -> None:
    graph = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text("utf-8"))
    assert validate(graph, parse(path.read_text("utf-8"))) == []


async def test_they_run_where_registered_documents_alone_are_run(filled: dict[str, str], data_dir: Path) -> None:
    settings = Settings(database_url=filled["sqlite"], data_dir=data_dir, registered_only=True)
    async with running(settings) as started:
        caller = await by_auth0(started, OWNER)
        document = (FOLDER / "courses.graphql").read_text("utf-8")
        found = await caller.data(document)
        assert found["courses"]["nodes"][0]["name"] == "はじめての英語 A1"
        other = (await caller.graph(document.replace("20", "21"))).json()
        assert [error["extensions"]["code"] for error in other["errors"]] == ["FORBIDDEN"]
