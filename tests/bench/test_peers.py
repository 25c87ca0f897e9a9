"""Tests that the peers are asked the same questions, and that their answers are held against the product's."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx2
import pytest

from bench.contenders import Place
from bench.documents import QUESTIONS
from bench.limit import Limit
from bench.peers.__main__ import make_functions, remarks
from bench.peers.contenders import ALL, FOLDER, PEERS, environment
from bench.peers.postgraphile import in_our_shape
from bench.programs import running
from bench.table import Measured
from tests.bench.cases import CASES
from tests.clients.conftest import or_skip

OWNER = "auth0|bench-owner"
needs_peers = pytest.mark.skipif(
    not (FOLDER / "node_modules" / ".made-from").exists(), reason="the peers are not installed (make bench-peers)"
)


def test_everyone_is_asked_all_questions() -> None:
    assert list(ALL) == ["limit", "product", "mercurius", "yoga", "postgraphile"]
    assert all(contender.questions == tuple(QUESTIONS) and contender.comparable for contender in ALL.values())
    for question in QUESTIONS.values():
        (variables,) = question.variables(OWNER, bodies=1)
        asked = {name: contender.request(question, variables) for name, contender in ALL.items()}
        assert {asked[name] for name in asked if name != "postgraphile"} == {asked["product"]}
        method, path, body = asked["postgraphile"].split(" ", 2)
        assert (method, path) == ("POST", "/graphql")
        assert json.loads(body)["variables"] == variables
        assert "\n" not in body


def test_a_peer_is_told_where_the_database_is() -> None:
    over_tcp = Place("postgresql://me:secret@127.0.0.1:5433/measured", 7000, FOLDER, OWNER)
    assert environment(over_tcp) == {
        "PGHOST": "127.0.0.1", "PGPORT": "5433", "PGUSER": "me", "PGPASSWORD": "secret", "PGDATABASE": "measured",
        "PORT": "7000", "NODE_ENV": "production", "GRAPHILE_ENV": "production",
    }  # fmt: skip
    by_socket = environment(Place("postgresql://me@/measured?host=/run/folder", 7000, FOLDER, OWNER))
    assert by_socket["PGHOST"] == "/run/folder"
    assert "PGPORT" not in by_socket


def test_an_answer_of_postgraphile_is_brought_into_our_shape() -> None:
    packages = [
        {
            "lessonPackage": {"code": code, "seq": seq, "course": {"code": course, "name": course, "seq": place}},
            "progress": [{"createdAt": "2025-01-01T15:00:00.123456+00:00"}] if code == "P2" else [],
        }
        for code, seq, course, place in (("P3", 3, "C1", 1), ("P9", 1, "C9", 2), ("P2", 2, "C1", 1))
    ]
    answer = {"data": {"nodes": [{"uid": "u", "code": "S", "packages": packages}]}}
    first = {"code": "P2", "seq": 2, "latestProgress": {"createdAt": "2025-01-02T00:00:00+09:00"}}
    second = {"code": "P3", "seq": 3, "latestProgress": None}
    assert in_our_shape(QUESTIONS["Q2"], answer) == {
        "data": {"students": {"nodes": [{"uid": "u", "code": "S", "courses": [
            {"code": "C1", "name": "C1", "seq": 1, "lessonPackages": [first, second]},
            {"code": "C9", "name": "C9", "seq": 2, "lessonPackages": [
                {"code": "P9", "seq": 1, "latestProgress": None},
            ]},
        ]}]}}
    }  # fmt: skip
    assert in_our_shape(QUESTIONS["Q3"], {"data": {"student": None}}) == {"data": {"student": None}}


def test_what_the_product_tells_beside_the_data_is_not_compared() -> None:
    answer = {"data": {"student": None}, "extensions": {"cost": {"points": 1}}}
    assert ALL["product"].shaped(QUESTIONS["Q3"], answer) == {"data": {"student": None}}


def test_the_remarks_are_medians_of_each_rounds_own_ratio() -> None:
    rates = {"product": (80.0, 100.0, 360.0), "mercurius": (40.0, 100.0, 120.0)}
    measured = [
        Measured(turn, "Q1", name, rate, 1.0, 1.0, 1.0, 1.0, None, 0.0)
        for name, all_rates in rates.items()
        for turn, rate in enumerate(all_rates)
    ]
    assert remarks(measured) == ["Q1: product = 2.00 × mercurius"]


@needs_peers
async def test_the_peers_answer_as_the_limit_does(small: str, tmp_path: Path) -> None:
    await asyncio.to_thread(make_functions, small)
    limit = Limit(small)
    await limit.connect()
    with or_skip(), running([peer.program for peer in PEERS.values()], small, OWNER, tmp_path) as started:
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            for name, variables in CASES:
                question = QUESTIONS[name]
                expected = json.loads(await limit.run(question.body(variables).encode()))
                for peer in PEERS.values():
                    server = started[peer.program.name]
                    method, path, body = peer.request(question, variables).split(" ", 2)
                    answer = await client.request(method, server.url + path, content=body, headers=server.headers)
                    assert peer.shaped(question, answer.json()) == expected, (peer.name, name, variables)
    await limit.disconnect()
