"""Makes a faulty request small: takes parts of it away for as long as the fault stays."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from graphql import GraphQLError, parse, validate

from tests.engine.asked import committed_schema
from tests.engine.shrinking import shrunk as fewer_nodes
from tests.fuzz.sent import Sent

Fails = Callable[[Sent], Awaitable[bool]]
# So often bytes are taken away; each time may take as long as the fault itself.
MOST_TRIES = 400


async def shrunk(sent: Sent, fails: Fails) -> Sent:
    """The request without the headers, the bytes of its body and those of its address that do not matter."""
    if sent.raw:
        kept = sent
        return replace(sent, raw=await fewer_bytes(sent.raw, lambda part: fails(replace(kept, raw=part or b"\n"))))
    for name, value in sent.headers:
        fewer = replace(sent, headers=tuple(pair for pair in sent.headers if pair != (name, value)))
        if await fails(fewer):
            sent = fewer
    if sent.chunks > 1 and await fails(replace(sent, chunks=1)):
        sent = replace(sent, chunks=1)
    sent = await fewer_fields(sent, fails)
    with_fewer = sent
    body = await fewer_bytes(sent.body, lambda part: fails(with_fewer.with_body(part)))
    path, mark, query = sent.target.partition(b"?")
    kept = sent.with_body(body)
    query = await fewer_bytes(query, lambda part: fails(replace(kept, target=path + mark + part)))
    return replace(kept, target=path + mark + query if query else path)


async def fewer_fields(sent: Sent, fails: Fails) -> Sent:
    """The request with as much of its document taken away as can be; only of one that is valid."""
    try:
        request = json.loads(sent.body)
        text, graph = request["query"], committed_schema()
        if validate(graph, parse(text)):
            return sent
    except (ValueError, KeyError, TypeError, GraphQLError):
        return sent

    def asking(document: str) -> Sent:
        return sent.with_body(json.dumps({**request, "query": document}).encode())

    return asking(await fewer_nodes(text, graph, lambda document: fails(asking(document))))


async def fewer_bytes(data: bytes, fails: Callable[[bytes], Awaitable[bool]]) -> bytes:
    """Delta debugging: pieces are taken away, ever smaller ones, down to single bytes; MOST_TRIES at most."""
    size, tries = len(data), MOST_TRIES
    while size:
        start, shorter = 0, False
        while start < len(data) and tries:
            tries -= 1
            candidate = data[:start] + data[start + size :]
            if await fails(candidate):
                data, shorter = candidate, True
            else:
                start += size
        size = size if shorter and size > 1 and tries else size // 2
    return data
