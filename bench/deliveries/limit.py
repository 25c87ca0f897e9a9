"""`python -m bench.deliveries.limit COUNT URL…`: the bare client signs and posts; nothing is queued, kept or recorded.

As many are under way to each address as the dispatcher sends at once. The last line of output says how fast that was.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from uuid import uuid4

import uvloop

from bench.cpu import waited_s
from bench.deliveries.queued import BODY, SECRET
from db.deliveries import MOST_KEPT
from jobs.webhooks.dispatcher import AT_ONCE
from resolvers.egress.client import Egress
from resolvers.webhooks.wire import headers_of

WARM = 2000


async def post(egress: Egress, url: str, count: int) -> None:
    """Post so many to an address, one after the other."""
    for _ in range(count):
        id_ = str(uuid4())
        headers, body = headers_of(id_, BODY, [SECRET], datetime.now(UTC)), BODY
        reply = await egress.send("POST", url, headers=headers, body=body, seconds=15, most_bytes=MOST_KEPT)
        if reply.status != 200:
            raise RuntimeError(f"{url} answered {reply.status}.")


async def all_of(egress: Egress, urls: Sequence[str], count: int) -> None:
    """Post so many to all addresses together."""
    each = count // (len(urls) * AT_ONCE)
    await asyncio.gather(*[post(egress, url, each) for url in urls for _ in range(AT_ONCE)])


async def main(count: int, urls: Sequence[str]) -> None:
    """Warm up, post, and say how fast it was."""
    egress = Egress([ip_network("127.0.0.0/8"), ip_network("::1/128")])
    await all_of(egress, urls, WARM)
    used, waited, started = time.process_time(), waited_s(os.getpid()), time.monotonic()
    await all_of(egress, urls, count)
    took, used, waited = time.monotonic() - started, time.process_time() - used, waited_s(os.getpid()) - waited
    done = count // (len(urls) * AT_ONCE) * len(urls) * AT_ONCE
    await egress.aclose()
    print(json.dumps({"rate": done / took, "cpu_ms": used * 1000 / done, "waited": waited / took}), flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2:]))
