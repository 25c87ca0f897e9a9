"""The stored documents: anyone may read them, and they run on the graph as they are."""

from gateway.diverse.routes import DOCUMENTS, DOORS
from tests.diverse.asking import ADMINISTRATOR, Api


async def test_an_answer_names_its_document_and_the_document_is_there_to_be_read(api: Api) -> None:
    answer = await api.get("/schools", {"per": 1})
    assert answer.headers["x-graphql-document"] == "schools"
    shown = await api.running.client.get("/api/v1/documents/schools")
    assert shown.headers["content-type"] == "text/plain; charset=utf-8"
    assert shown.text == DOCUMENTS.joinpath("schools.graphql").read_text("utf-8")


async def test_the_document_run_on_the_graph_gives_the_rows_of_the_rest_answer(api: Api) -> None:
    document = (await api.running.client.get("/api/v1/documents/organizations")).text
    variables = {"page": 1, "per": 50, "order_by": "CODE", "order_direction": "DESC"}
    answer = await api.graph(document, variables, uid=ADMINISTRATOR)
    rows = await api.rows("GET", "/organizations", {"order_direction": "desc"})
    assert answer.json()["data"] == {"organizations": {"totalCount": 7, "nodes": rows}}


def test_every_stored_document_is_behind_a_door() -> None:
    used = {name for door in DOORS for name in door.documents}
    assert used == {path.stem for path in DOCUMENTS.iterdir()}


async def test_a_list_costs_one_statement_beside_the_one_that_admits_the_caller(api: Api) -> None:
    statements = {}
    for path, given in (
        ("/me", {}),
        ("/organizations", {}),
        ("/students", {"organization_code": "kakehashi-ueno"}),
        ("/courses", {}),
    ):
        await api.headers(ADMINISTRATOR)
        before = api.running.database.statements
        assert (await api.get(path, given)).status_code == 200
        statements[path] = api.running.database.statements - before
    assert statements == {"/me": 2, "/organizations": 2, "/students": 2, "/courses": 2}
