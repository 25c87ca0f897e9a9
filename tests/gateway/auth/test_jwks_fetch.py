"""What a fetch of the key set takes as an answer."""

import gzip

import httpx2
import orjson
import pytest

from gateway.auth.jwks_document import JwksUnusable
from gateway.auth.jwks_fetch import published_at
from tests.gateway.auth.crafting import jwks
from tests.gateway.auth.jwks_server import Answer, publishing, serving

DOCUMENT = orjson.dumps(jwks("first"))


async def test_the_document_comes_back_as_it_was_sent(client: httpx2.AsyncClient) -> None:
    async with serving(publishing("first")) as server:
        assert await published_at(server.url, client)() == DOCUMENT


async def test_256_kib_are_taken_and_one_byte_more_is_not(client: httpx2.AsyncClient) -> None:
    async with serving(Answer(b" " * 262_144)) as server:
        assert len(await published_at(server.url, client)()) == 262_144
        server.answer = Answer(b" " * 262_145)
        with pytest.raises(JwksUnusable, match="more than 262144 bytes"):
            await published_at(server.url, client)()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(DOCUMENT, status=302, headers=("location: /elsewhere",)), "answered 302, not 200"),
        (Answer(DOCUMENT, status=404), "answered 404, not 200"),
        (Answer(DOCUMENT, status=500), "answered 500, not 200"),
        (Answer(DOCUMENT, length=len(DOCUMENT) + 1), "cannot be fetched: RemoteProtocolError"),
    ],
)
async def test_another_answer_is_refused_with_the_reason(
    client: httpx2.AsyncClient, answer: Answer, problem: str
) -> None:
    async with serving(answer) as server:
        with pytest.raises(JwksUnusable, match=problem):
            await published_at(server.url, client)()
        assert server.fetches == 1


async def test_a_redirect_is_not_followed_even_by_a_client_that_follows_them() -> None:
    async with serving(Answer(b"", status=302, headers=("location: /elsewhere",))) as server:
        async with httpx2.AsyncClient(follow_redirects=True, trust_env=False) as client:
            with pytest.raises(JwksUnusable, match="answered 302"):
                await published_at(server.url, client)()
        assert server.fetches == 1


async def test_a_compressed_answer_is_not_unpacked(client: httpx2.AsyncClient) -> None:
    packed = gzip.compress(b" " * 10_000_000, mtime=0)
    async with serving(Answer(packed, headers=("content-encoding: gzip",))) as server:
        assert await published_at(server.url, client)() == packed


async def test_an_answer_that_trickles_is_given_up(client: httpx2.AsyncClient) -> None:
    async with serving(Answer(DOCUMENT, pause_s=0.05)) as server:
        with pytest.raises(JwksUnusable, match=r"did not answer in full within 0\.2 seconds"):
            await published_at(server.url, client, deadline_s=0.2)()


async def test_a_port_where_nobody_listens_is_a_reason_too(client: httpx2.AsyncClient) -> None:
    async with serving(publishing("first")) as server:
        url = server.url
    with pytest.raises(JwksUnusable, match="cannot be fetched: ConnectError"):
        await published_at(url, client)()


async def test_an_address_that_is_none_is_a_reason_too(client: httpx2.AsyncClient) -> None:
    with pytest.raises(JwksUnusable, match="cannot be fetched: UnsupportedProtocol"):
        await published_at("issuer.test/jwks.json", client)()
