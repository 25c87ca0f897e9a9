"""Tests that all 61 audits of GraphQL over HTTP pass, and that the audit would say if one did not."""

from __future__ import annotations

import os
import subprocess
from collections import Counter

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.clients.audit import PERSON, audit_command
from tests.clients.conftest import or_skip
from tests.clients.server import Served
from tests.gateway.browser import serving


def audited(url: str, token: str) -> subprocess.CompletedProcess[str]:
    with or_skip():
        command = audit_command(url)
    return subprocess.run(command, env={**os.environ, "TOKEN": token}, capture_output=True, text=True, check=False)


def test_all_audits_pass(served: Served) -> None:
    done = audited(served.graph, served.token(PERSON))
    assert (done.returncode, done.stderr) == (0, "")
    *lines, last = done.stdout.splitlines()
    assert last == "61 ok"
    assert len({line.split()[2] for line in lines}) == 61
    assert Counter(line.split()[1] for line in lines) == {"MUST": 13, "SHOULD": 23, "MAY": 25}


def test_an_audit_that_fails_is_told_and_ends_with_an_error() -> None:
    async def always_fine(request: Request) -> JSONResponse:
        return JSONResponse({"data": {"token": request.headers["authorization"]}})

    with serving(Starlette(routes=[Route("/graphql", always_fine, methods=["GET", "POST"])])) as url:
        done = audited(f"{url}/graphql", "a-token")
    assert done.returncode == 1
    assert "FAIL MAY    9C48 NOT allow executing mutations on GET requests" in done.stdout.splitlines()
    assert (
        "MAY 9C48: Response status is not between 400 and 499; it was 200 application/json"
        ' {"data":{"token":"Bearer a-token"}}'
    ) in done.stderr.splitlines()
    assert done.stdout.splitlines()[-1] == f"{len(done.stderr.splitlines())} of 61 failed"
