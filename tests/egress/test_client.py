"""The way out: what is reached and what is not, and what counts as an answer."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import pytest

from resolvers.egress.client import Egress, Failed, Refused, Reply
from resolvers.egress.transport import KEPT_HOSTS, by_the_system
from tests.egress.certificates import contexts
from tests.egress.receiver import ANSWER, Answering, receiving
from tests.egress.spellings import urls

HERE = IPv4Network("127.0.0.0/8")
MOST = 20_000


class Names:
    """Leads names where the test says, one list after the other; what is no such name the system finds without DNS."""

    def __init__(self, **names: Sequence[Sequence[str]]) -> None:
        self.names = {name.replace("_", "."): list(found) for name, found in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Where a name leads."""
        self.asked.append(host)
        if host in self.names:
            found = self.names[host]
            return found.pop(0) if len(found) > 1 else found[0]
        if host.lower().rstrip(".").endswith("localhost"):
            return await by_the_system(host, port)
        try:
            found_ = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
            )
        except (OSError, UnicodeError) as error:
            raise Failed(str(error)) from error
        return [str(address[0]) for *_, address in found_]


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    """One that may reach this machine."""
    egress = Egress([HERE], lookup=Names())
    yield egress
    await egress.aclose()


async def get(egress: Egress, url: str, *, seconds: float = 5, most_bytes: int = MOST) -> Reply:
    """Ask for a URL."""
    return await egress.send("GET", url, seconds=seconds, most_bytes=most_bytes)


async def test_five_hundred_spellings_of_denied_addresses_reach_nothing() -> None:
    async with receiving(hosts=("0.0.0.0", "::1")) as receiver:
        wanted = urls(receiver.port)
        assert len(wanted) >= 500
        egress = Egress(lookup=Names())
        for url in wanted:
            with pytest.raises((Refused, Failed)):
                await get(egress, url, seconds=2)
            with pytest.raises((Refused, Failed)):
                await egress.check(url)
        await egress.aclose()
        assert (receiver.connections, receiver.requests) == (0, [])
        # They are spellings of this machine: where everything is allowed, many arrive.
        careless = Egress([IPv4Network("0.0.0.0/0"), IPv6Network("::/0")], lookup=Names())
        for url in wanted:
            if url.startswith("http://"):
                with suppress(Refused, Failed):
                    await get(careless, url, seconds=0.2)
        await careless.aclose()
        assert len(receiver.requests) >= 30


async def test_a_request_is_sent_as_it_was_given_and_the_answer_comes_back(egress: Egress) -> None:
    async with receiving() as receiver:
        reply = await egress.send(
            "POST",
            f"http://127.0.0.1:{receiver.port}/hook?a=%20b",
            headers={"Content-Type": "application/json", "X-Signature-256": "0a"},
            body=b'{"id": 1}',
            seconds=5,
            most_bytes=MOST,
        )
        assert (reply.status, reply.body, reply.cut, reply.headers["content-length"]) == (200, b"ok", False, "2")
        ((head, body),) = receiver.requests
        assert body == b'{"id": 1}'
        assert sorted(line.lower() for line in head.strip().split("\r\n")) == [
            "accept-encoding: identity",
            "accept: */*",
            "connection: keep-alive",
            "content-length: 9",
            "content-type: application/json",
            f"host: 127.0.0.1:{receiver.port}",
            "post /hook?a=%20b http/1.1",
            "user-agent: kakehashi",
            "x-signature-256: 0a",
        ]


async def test_a_connection_is_used_again_and_hosts_share_none() -> None:
    async with receiving() as receiver:
        egress = Egress([HERE], lookup=Names(one_test=[["127.0.0.1"]], two_test=[["127.0.0.1"]]))
        for name in ("one.test", "one.test", "two.test"):
            assert (await get(egress, f"http://{name}:{receiver.port}/")).status == 200
        assert receiver.connections == 2
        assert [re.findall(r"host: (\S+)", head.lower()) for head, _ in receiver.requests] == [
            [f"one.test:{receiver.port}"],
            [f"one.test:{receiver.port}"],
            [f"two.test:{receiver.port}"],
        ]
        await egress.aclose()


async def test_a_name_is_looked_up_for_each_request_and_what_was_checked_is_connected_to() -> None:
    names = Names(moving_test=[["127.0.0.2"], ["127.0.0.1"]])
    async with receiving(hosts=("127.0.0.2",)) as receiver:
        egress = Egress([IPv4Network("127.0.0.2/32")], lookup=names)
        url = f"http://moving.test:{receiver.port}/"
        assert (await get(egress, url)).status == 200
        assert names.asked == ["moving.test"]
        # By now it leads where nothing may go, though the connection of before still stands.
        with pytest.raises(Refused, match="may not be reached"):
            await get(egress, url)
        assert (names.asked, len(receiver.requests)) == (["moving.test"] * 2, 1)
        await egress.aclose()


async def test_a_connection_is_not_used_again_where_the_name_leads_elsewhere() -> None:
    names = Names(moving_test=[["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1"]])
    async with receiving(hosts=("127.0.0.1", "127.0.0.2")) as receiver:
        egress = Egress([HERE], lookup=names)
        for connections in (1, 2, 2):
            assert (await get(egress, f"http://moving.test:{receiver.port}/")).status == 200
            assert receiver.connections == connections
        assert names.asked == ["moving.test"] * 3
        await egress.aclose()


async def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        egress = Egress([HERE], lookup=Names(one_test=[["127.0.0.1"]]))
        await get(egress, f"http://one.test:{receiver.port}/")
        await egress.aclose()
        assert (proxy.connections, receiver.connections) == (0, 1)


@pytest.mark.parametrize("found", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "fe80::1%lo"]])
async def test_one_address_that_is_denied_denies_the_name(found: list[str]) -> None:
    async with receiving() as receiver:
        egress = Egress([HERE], lookup=Names(mixed_test=[found]))
        with pytest.raises(Refused, match="may not be reached"):
            await get(egress, f"http://mixed.test:{receiver.port}/")
        assert receiver.connections == 0
        await egress.aclose()


async def test_the_next_address_is_taken_where_the_first_takes_no_connection() -> None:
    async with receiving() as receiver:
        egress = Egress([HERE, IPv6Network("::1/128")], lookup=Names(two_test=[["::1", "127.0.0.1"]]))
        assert (await get(egress, f"http://two.test:{receiver.port}/")).body == b"ok"
        await egress.aclose()


async def test_the_next_address_is_taken_where_the_first_never_answers() -> None:
    async with receiving() as receiver:
        # Nobody accepts here, and one who waits is all that there is room for.
        full = socket.create_server(("127.0.0.2", receiver.port), backlog=0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.2", receiver.port))
        names = Names(full_test=[["127.0.0.2"]], two_test=[["127.0.0.2", "127.0.0.1"]])
        egress = Egress([HERE], lookup=names)
        assert (await get(egress, f"http://two.test:{receiver.port}/", seconds=30)).body == b"ok"
        with pytest.raises(Failed, match="ConnectTimeout: there was no connection within 3 seconds") as failed:
            await get(egress, f"http://full.test:{receiver.port}/", seconds=30)
        assert "127.0.0.2" not in str(failed.value)
        await egress.aclose()
        for one in (*waiting, full):
            one.close()


async def test_plain_http_goes_to_allowed_networks_alone() -> None:
    egress = Egress([HERE], lookup=Names(public_test=[["93.184.216.34"]], mixed_test=[["127.0.0.1", "1.1.1.1"]]))
    for name in ("public.test", "mixed.test"):
        with pytest.raises(Refused, match=r"begins with https://"):
            await egress.check(f"http://{name}/")
    await egress.check("https://public.test/")
    await egress.check("https://mixed.test/")
    await egress.aclose()


async def test_tls_is_held_to_the_name_and_not_to_the_address(tmp_path: Path) -> None:
    server, client = contexts("receiver.test", tmp_path)
    names = Names(receiver_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]])
    async with receiving(context=server) as receiver:
        egress = Egress([HERE], context=client, lookup=names)
        assert (await get(egress, f"https://receiver.test:{receiver.port}/")).body == b"ok"
        for host in ("other.test", "127.0.0.1"):
            with pytest.raises(Failed, match="ConnectError"):
                await get(egress, f"https://{host}:{receiver.port}/")
        assert len(receiver.requests) == 1
        await egress.aclose()
        untrusting = Egress([HERE], lookup=names)
        with pytest.raises(Failed, match="ConnectError"):
            await get(untrusting, f"https://receiver.test:{receiver.port}/")
        await untrusting.aclose()
        assert len(receiver.requests) == 1


async def test_a_redirect_is_an_answer_and_cookies_are_not_kept(egress: Egress) -> None:
    async def elsewhere(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with receiving(elsewhere) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/"
        assert [(await get(egress, url)).status for _ in range(2)] == [302, 302]
        assert len(receiver.requests) == 2
        assert "cookie" not in receiver.requests[1][0].lower()


async def test_a_body_is_read_up_to_its_bound(egress: Egress) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async def exact(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MOST + b"y" * MOST)
        await writer.drain()

    async with receiving(endless) as receiver:
        reply = await get(egress, f"http://127.0.0.1:{receiver.port}/")
        assert (reply.status, reply.body, reply.cut) == (200, b"x" * MOST, True)
    async with receiving(exact) as receiver:
        reply = await get(egress, f"http://127.0.0.1:{receiver.port}/")
        assert (reply.body, reply.cut) == (b"y" * MOST, False)


async def nothing(_writer: asyncio.StreamWriter) -> None:
    """No answer."""
    await asyncio.sleep(60)


async def trickle(writer: asyncio.StreamWriter) -> None:
    """An answer of a byte now and then, that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """The connection ends in the middle."""
    writer.write(ANSWER[:-1])
    await writer.drain()
    writer.close()


async def no_http(writer: asyncio.StreamWriter) -> None:
    """Something else than HTTP."""
    writer.write(b"220 mail.test ESMTP\r\n")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("answering", "why"),
    [
        (nothing, "no whole answer"),
        (trickle, "no whole answer"),
        (hang_up, "RemoteProtocol"),
        (no_http, "RemoteProtocol"),
    ],
)
async def test_what_is_no_whole_answer_is_a_failure(egress: Egress, answering: Answering, why: str) -> None:
    async with receiving(answering) as receiver:
        with pytest.raises(Failed, match=why):
            await get(egress, f"http://127.0.0.1:{receiver.port}/", seconds=0.3)
        assert receiver.connections == 1


async def test_a_name_that_nobody_finds_in_time_is_a_failure() -> None:
    async def never(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    egress = Egress(lookup=never)
    with pytest.raises(Failed, match="no whole answer"):
        await get(egress, "https://slow.test/", seconds=0.1)
    await egress.aclose()


async def test_a_name_is_looked_up_once_for_all_who_ask_meanwhile_and_anew_for_the_next() -> None:
    asked: list[str] = []
    found = asyncio.Event()

    async def slow(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        await found.wait()
        return ["127.0.0.1"]

    async with receiving() as receiver:
        egress = Egress([HERE], lookup=slow)
        url = f"http://slow.test:{receiver.port}/"
        # Whoever gives up does not take the others' answer with them.
        with pytest.raises(Failed, match="no whole answer"):
            await get(egress, url, seconds=0.05)
        waiting = [asyncio.create_task(get(egress, url)) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert asked == ["slow.test"]
        found.set()
        assert [reply.status for reply in await asyncio.gather(*waiting)] == [200] * 5
        await get(egress, url)
        assert asked == ["slow.test"] * 2
        await egress.aclose()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://a.test/" + "x" * 2034, "at most 2048 characters"),
        ("https://a.test:0/", "no host and port"),
        ("https://a.test:65536/", "no host and port"),
        ("https://user:secret@a.test/", "a name or a password"),
        ("a.test/hook", "begins with https://"),
        ("ftp://a.test/", "begins with https://"),
        ("https://exa mple.test/", "no host and port"),
        ("https://[::1/", "no address"),
    ],
)
async def test_what_is_no_address_is_refused_in_words(egress: Egress, url: str, why: str) -> None:
    for asked in (egress.check(url), get(egress, url)):
        with pytest.raises(Refused, match=why) as refused:
            await asked
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("sent_before", [0, len(ANSWER) - 1], ids=["nothing yet", "all but the last byte"])
async def test_connections_are_kept_for_so_many_hosts_and_none_is_closed_while_it_is_used(sent_before: int) -> None:
    let_go = asyncio.Event()

    async def held(writer: asyncio.StreamWriter) -> None:
        writer.write(ANSWER[:sent_before])
        await writer.drain()
        await let_go.wait()
        writer.write(ANSWER[sent_before:])
        await writer.drain()

    hosts = {f"h{number}_test": [["127.0.0.1"]] for number in range(KEPT_HOSTS + 3)}
    async with receiving() as receiver, receiving(held) as slow:
        egress = Egress([HERE], lookup=Names(slow_test=[["127.0.0.1"]], **hosts))
        waiting = asyncio.create_task(get(egress, f"http://slow.test:{slow.port}/", seconds=30))
        while not slow.requests:
            await asyncio.sleep(0.01)
        for name in hosts:
            await get(egress, f"http://{name.replace('_', '.')}:{receiver.port}/")
        assert len(egress.transport.lines) <= KEPT_HOSTS + 1
        let_go.set()
        assert (await waiting).status == 200
        assert len(egress.transport.lines) == KEPT_HOSTS
        await egress.aclose()
        assert not egress.transport.lines
