"""Asks the graph with gql, in gql's own environment: an order as JSON on standard input, an answer as JSON for each.

The schema is fetched first and every document held against it, as gql's users do.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError


async def ask(session: AsyncClientSession, document: str, variables: dict[str, object]) -> dict[str, object]:
    """One answer."""
    request = gql(document)
    request.variable_values = variables
    try:
        return {"data": await session.execute(request), "errors": []}
    except TransportQueryError as error:
        return {"data": error.data, "errors": error.errors}


async def main(order: dict[str, Any]) -> None:
    """Ask everything in its order."""
    transport = AIOHTTPTransport(order["url"], headers={"Authorization": f"Bearer {order['token']}"})
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        answers = [await ask(session, each["document"], each["variables"]) for each in order["operations"]]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
