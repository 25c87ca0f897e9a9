"""The peers as contenders: each written as a good user of its library would, over the same tables."""

from pathlib import Path

from sqlalchemy import make_url

from bench.contenders import CONTENDERS, LIMIT, Contender, Headers, Place, Program, over_graphql
from bench.peers.postgraphile import in_its_words, in_our_shape
from tests.clients.packages import node

FOLDER = Path(__file__).parent
PRODUCT = "product"
# PostGraphile asks for it, and all peers run on the same one.
OLDEST_NODE = 22


def peer(name: str) -> Program:
    """A peer's server: NAME.mjs, run by Node."""

    def command(_place: Place) -> list[str]:
        return [node(oldest=OLDEST_NODE), str(FOLDER / f"{name}.mjs")]

    return Program(name, command, "/graphql?query=%7B__typename%7D", environment)


def environment(place: Place) -> Headers:
    """Where the database is, as PostgreSQL's own programs are told it, and that this is no development."""
    url = make_url(place.database)
    told = {
        "PGHOST": url.query.get("host", url.host),
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PORT": place.port,
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
    }
    return {name: str(value) for name, value in told.items() if value is not None}


PEERS = {
    contender.name: contender
    for contender in (
        Contender("mercurius", peer("mercurius"), over_graphql),
        Contender("yoga", peer("yoga"), over_graphql),
        Contender("postgraphile", peer("postgraphile"), in_its_words, shaped=in_our_shape),
    )
}
ALL = {name: CONTENDERS[name] for name in (LIMIT, PRODUCT)} | PEERS
