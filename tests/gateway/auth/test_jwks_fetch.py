"""What a fetch of the key set takes as an answer."""

import gzip

import orjson
import pytest

from gateway.auth.jwks_document import JwksUnusable
from gateway.auth.jwks_fetch import published_at
from resolvers.egress.client import Egress
from tests.gateway.auth.crafting import jwks
from tests.gateway.auth.jwks_server import Answer, publishing, serving

DOCUMENT = orjson.dumps(jwks("first"))


async def test_the_document_comes_back_as_it_was_sent(egress: Egress) -> None:
    async with serving(publishing("first")) as server:
        assert await published_at(server.url, egress)() == DOCUMENT


async def test_256_kib_are_taken_and_one_byte_more_is_not(egress: Egress) -> None:
    async with serving(Answer(b" " * 262_144)) as server:
        assert len(await published_at(server.url, egress)()) == 262_144
        server.answer = Answer(b" " * 262_145)
        with pytest.raises(JwksUnusable, match="more than 262144 bytes"):
            await published_at(server.url, egress)()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(DOCUMENT, status=302, headers=("location: /elsewhere",)), "answered 302, not 200"),
        (Answer(DOCUMENT, status=404), "answered 404, not 200"),
        (Answer(DOCUMENT, status=500), "answered 500, not 200"),
        (Answer(DOCUMENT, length=len(DOCUMENT) + 1), r"cannot be fetched\. RemoteProtocolError"),
    ],
)
async def test_another_answer_is_refused_with_the_reason(egress: Egress, answer: Answer, problem: str) -> None:
    async with serving(answer) as server:
        with pytest.raises(JwksUnusable, match=problem):
            await published_at(server.url, egress)()
        assert server.fetches == 1


async def test_a_compressed_answer_is_not_unpacked(egress: Egress) -> None:
    packed = gzip.compress(b" " * 10_000_000, mtime=0)
    async with serving(Answer(packed, headers=("content-encoding: gzip",))) as server:
        assert await published_at(server.url, egress)() == packed


async def test_an_answer_that_trickles_is_given_up(egress: Egress) -> None:
    async with serving(Answer(DOCUMENT, pause_s=0.05)) as server:
        with pytest.raises(JwksUnusable, match=r"no whole answer within 0\.2 seconds"):
            await published_at(server.url, egress, deadline_s=0.2)()


async def test_a_port_where_nobody_listens_is_a_reason_too(egress: Egress) -> None:
    async with serving(publishing("first")) as server:
        url = server.url
    with pytest.raises(JwksUnusable, match=r"cannot be fetched\. ConnectError"):
        await published_at(url, egress)()


async def test_an_address_that_is_none_is_a_reason_too(egress: Egress) -> None:
    with pytest.raises(JwksUnusable, match=r"may not be fetched\. Use an address that begins with https://"):
        await published_at("issuer.test/jwks.json", egress)()


async def test_a_network_that_is_not_allowed_is_not_asked() -> None:
    async with serving(publishing("first")) as server:
        egress = Egress()
        for url in (server.url, server.url.replace("http:", "https:")):
            with pytest.raises(JwksUnusable, match=r"may not be fetched\..* \(KAKEHASHI_EGRESS_ALLOW\)"):
                await published_at(url, egress)()
        await egress.aclose()
        assert server.fetches == 0
