"""Follows the graph with gql over a WebSocket, in gql's own environment.

An order as JSON on standard input: what to subscribe to, what to change once the subscription stands, and how many
messages to take. The messages are printed as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing
from typing import Any

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.websockets import WebsocketsTransport

PING_EVERY_S = 0.1


async def change(order: dict[str, Any]) -> None:
    """Run the mutations, over HTTP."""
    transport = AIOHTTPTransport(order["url"], headers={"Authorization": f"Bearer {order['changer']}"})
    async with Client(transport=transport) as session:
        for each in order["changes"]:
            request = gql(each["document"])
            request.variable_values = each["variables"]
            await session.execute(request)


async def messages(transport: WebsocketsTransport, order: dict[str, Any]) -> list[dict[str, Any]]:
    """The first messages of a subscription; the changes are made when a pong says that it stands."""
    request = gql(order["document"])
    request.variable_values = order["variables"]
    found: list[dict[str, Any]] = []
    async with Client(transport=transport) as session:
        changing = asyncio.create_task(change_when_it_stands(transport, order))
        # Closed here and now: left to the collector, it may still stand when gql closes, which then waits for 10 s.
        async with aclosing(session.subscribe(request)) as following:
            async for message in following:
                found.append(message)
                if len(found) == order["take"]:
                    break
        await changing
    return found


async def change_when_it_stands(transport: WebsocketsTransport, order: dict[str, Any]) -> None:
    """Wait for a pong, then change; what was asked for before its ping stands by then."""
    await transport.pong_received.wait()
    await change(order)


async def main(order: dict[str, Any]) -> None:
    """Follow."""
    url = order["url"].replace("http:", "ws:")
    authorization = {"Authorization": f"Bearer {order['token']}"}
    transport = WebsocketsTransport(url, init_payload=authorization, ping_interval=PING_EVERY_S)
    json.dump(await messages(transport, order), sys.stdout)


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
