"""What counts as an answer: whatever a receiver sends, it is an answer that both databases can keep, or a failure."""

import asyncio
import json
from ipaddress import IPv4Network

import pytest

from resolvers.egress.client import Egress, Failed, Reply
from tests.egress.receiver import receiving

OK = b"HTTP/1.1 200 OK\r\n"
TWO = b"Content-Length: 2\r\n\r\nok"
ANSWERS = {
    "bytes that are no text": OK + b"X: \xff\xe3\x81\r\nX: b\r\n" + TWO,
    "in parts": OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "with trailers": OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
    "after another": b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK + TWO,
    "folded": OK + b"X: a\r\n b\r\n" + TWO,
    "packed, it says": OK + b"Content-Encoding: gzip\r\n" + TWO,
    "with cookies": OK + b"Set-Cookie: \xff=\xfe; Path=/\r\nSet-Cookie: a=b\r\n" + TWO,
    "with more behind it": OK + TWO + OK + TWO,
}
FAILURES = {
    "a header with NUL": OK + b"X: a\x00b\r\n" + TWO,
    "two lengths": OK + b"Content-Length: 3\r\n" + TWO,
    "a length and parts": OK + b"Transfer-Encoding: chunked\r\n" + TWO,
    "a wrong part": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
    "a length below zero": OK + b"Content-Length: -2\r\n\r\nok",
    "a length beyond numbers": OK + b"Content-Length: 99999999999999999999999\r\n\r\nok",
    "a header without end": OK + b"X: " + b"y" * 200_000 + b"\r\n" + TWO,
    "headers without end": OK + b"".join(b"X-%d: y\r\n" % number for number in range(5000)) + TWO,
    "a status of two digits": b"HTTP/1.1 20 OK\r\n" + TWO,
    "nothing": b"",
}


async def post(answer: bytes, *, ends: bool) -> Reply:
    """Send two POSTs to a receiver that answers so; gives what came of the second one, which is no other."""

    async def answering(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        if ends:
            writer.close()

    outcomes: list[Reply | Failed] = []
    async with receiving(answering) as receiver:
        egress = Egress([IPv4Network("127.0.0.0/8")])
        for _ in range(2):
            try:
                url = f"http://127.0.0.1:{receiver.port}/"
                outcomes.append(await egress.send("POST", url, body=b"{}", seconds=5, most_bytes=100))
            except Failed as failure:
                outcomes.append(failure)
        await egress.aclose()
        assert len(receiver.requests) == 2
    assert str(outcomes[0]) == str(outcomes[1])
    if isinstance(outcomes[1], Failed):
        raise outcomes[1]
    return outcomes[1]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_is_taken_as_it_came(answer: bytes) -> None:
    reply = await post(answer, ends=False)
    assert (reply.status, reply.body, reply.cut) == (200, b"ok", False)
    # Both databases take it: no surrogates, and no NUL.
    kept = json.dumps(dict(reply.headers), ensure_ascii=False)
    assert kept.encode().decode() == kept
    assert "\x00" not in kept


async def test_headers_that_come_twice_are_one() -> None:
    reply = await post(ANSWERS["bytes that are no text"], ends=False)
    assert reply.headers["x"] == "\ufffd\ufffd, b"


@pytest.mark.parametrize("answer", FAILURES.values(), ids=FAILURES)
async def test_what_is_no_answer_is_a_failure_and_not_sent_again(answer: bytes) -> None:
    with pytest.raises(Failed, match=r"^RemoteProtocolError: "):
        await post(answer, ends=True)
