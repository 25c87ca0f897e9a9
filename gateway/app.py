"""The parts of the web process meet here, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from http import HTTPStatus
from typing import TypeAlias

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.connections.database import Database, connect
from db.wall import refuse_without
from gateway.auth.development import DevelopmentKey
from gateway.auth.jwks import KeySet
from gateway.auth.jwks_fetch import published_at
from gateway.auth.platform_keys import PlatformKeys
from gateway.auth.token_use import TokenUse
from gateway.auth.tokens import AccessTokens
from gateway.compression import Compression
from gateway.diverse.routes import diverse_routes
from gateway.entrance import Entrance, Places
from gateway.graphiql import graphiql_routes
from gateway.graphql.endpoint import graphql_routes
from gateway.health import health_routes
from gateway.limits.limiter import Limiter
from gateway.limits.local import LocalBuckets
from gateway.limits.quota import Quota, SignInThrottle
from gateway.limits.shared import SharedBuckets
from gateway.logs import RequestLog
from gateway.lti.addresses import addresses_in
from gateway.lti.routes import lti_routes
from gateway.lti.screens import own_documents
from gateway.parts import Parts
from gateway.persisted.automatic import AutomaticQueries
from gateway.persisted.documents import PersistedDocuments, log_misfits
from gateway.settings import EngineMode, Settings
from gateway.sso.addresses import provider_in
from gateway.sso.routes import sso_routes
from gateway.subscriptions.limits import Limits
from gateway.subscriptions.streams import Streams
from gateway.talktiko.events_of_stripe import stripe_routes
from gateway.talktiko.routes import talktiko_routes
from gateway.websocket.endpoint import websocket_routes
from resolvers.accesses.log import AccessLog
from resolvers.accounts import Admission
from resolvers.documents import RegisteredDocuments
from resolvers.egress.client import Egress
from resolvers.exports.store import Store
from resolvers.feed import Feed
from resolvers.openings import Openings
from resolvers.outside import Outside
from resolvers.passwords import Passwords
from resolvers.sign_in import SignInDesk
from resolvers.wakeups import Wakeups
from resolvers.witness import Witness
from schema.execution import Execution
from schema.root import graph_of

# Work that goes on beside the requests, on the same database, for as long as the process serves.
Beside: TypeAlias = Callable[[Database], AbstractAsyncContextManager[object]]


def make_app(settings: Settings, limits: Limits | None = None, beside: Beside | None = None) -> Starlette:
    """The application that people run; its lifespan opens and closes everything it needs."""
    stepwise = settings.engine is EngineMode.STEPWISE
    execution = Execution(graph_of(stepwise=stepwise), lane=settings.lane and not stepwise)
    app = Starlette(
        routes=routes(settings, execution),
        middleware=[Middleware(RequestLog), Middleware(Compression)],
        exception_handlers={HTTPException: not_served, Exception: broken},
        lifespan=lifespan(settings, execution, limits or Limits(), beside),
    )
    app.router.redirect_slashes = False
    return app


def routes(settings: Settings, execution: Execution) -> list[BaseRoute]:
    """Every address of the process, in the order in which they are tried."""
    # Diverse's paths may lie below Talktiko's, so they are tried first; and so are those of LTI, SSO and Stripe.
    found: list[BaseRoute] = [
        *graphql_routes(),
        *websocket_routes(),
        diverse_routes(settings.diverse_prefix, execution),
        *lti_routes(settings),
        *stripe_routes(settings.talktiko_prefix),
        *sso_routes(settings),
        talktiko_routes(settings.talktiko_prefix, execution),
        *health_routes(),
    ]
    if settings.own_tokens:
        found.append(Route("/.well-known/jwks.json", published_keys, name="jwks"))
    return [*found, *graphiql_routes()]


def lifespan(
    settings: Settings, execution: Execution, limits: Limits, beside: Beside | None
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Open the database and the key set before the first request, close them after the last."""

    @asynccontextmanager
    async def living(app: Starlette) -> AsyncIterator[None]:
        database, egress = await opened(settings), Egress(settings.egress_allow)
        key = DevelopmentKey.load_or_create(settings.data_dir) if settings.own_tokens else None
        keys = key_set(settings, key, egress)
        redis = None if settings.redis_url is None else Redis.from_url(settings.redis_url)
        limiter = Limiter(None if redis is None else SharedBuckets(redis), LocalBuckets())
        passwords, uses, access_log = Passwords(), TokenUse(database), AccessLog(database)
        outside = Outside(egress, settings.sealer(), settings.home, settings.payments)
        throttle = SignInThrottle(limiter)
        entrance = entrance_of(settings, database, keys, throttle, passwords, uses, outside, access_log)
        quota = Quota(limiter, per_person=settings.auth0_rate_limit_per_minute)
        documents, streams = persisted(settings, database, redis, limiter), streams_of(database, redis, limits)
        store, platform_keys = Store(settings.exports), PlatformKeys(egress)
        app.state.parts = Parts(
            *(settings, database, execution, entrance, quota, documents, streams, store, platform_keys),
            *(access_log, key, redis),
        )
        try:
            async with written(streams, uses, access_log), nullcontext() if beside is None else beside(database):
                await log_misfits(database, execution)
                yield
        finally:
            await limiter.aclose()
            passwords.close()
            await asyncio.gather(keys.aclose(), platform_keys.aclose())
            await egress.aclose()
            if redis is not None:
                await redis.aclose()
            await database.close()

    return living


@asynccontextmanager
async def written(streams: Streams, uses: TokenUse, access_log: AccessLog) -> AsyncIterator[None]:
    """What is written beside the requests; at the end, once nothing is streamed any more, the rest of it."""
    uses.start()
    access_log.start()
    try:
        yield
    finally:
        await streams.aclose()
        await uses.aclose()
        await access_log.aclose()


async def opened(settings: Settings) -> Database:
    """The database; raises DatabaseUnavailable, and WallMissing where its row-level security does not hold."""
    database = connect(settings.database, connections=settings.database_connections)
    await database.open()
    try:
        await refuse_without(database)
    except BaseException:
        await database.close()
        raise
    return database


def entrance_of(
    settings: Settings,
    database: Database,
    keys: KeySet,
    throttle: SignInThrottle,
    passwords: Passwords,
    uses: TokenUse,
    outside: Outside,
    witness: Witness,
) -> Entrance:
    """Where every request comes in, and where people sign in."""
    tokens = AccessTokens(issuer=settings.issuer, audience=settings.auth0_audience, keys=keys)
    admission = Admission(database)
    desk = SignInDesk(passwords, throttle, admission)
    places = Places(
        f"{settings.talktiko_prefix}/integrations/exports",
        partial(addresses_in, settings),
        partial(provider_in, settings),
        witness,
    )
    only = settings.registered_only
    return Entrance(tokens, admission, database, desk, uses, outside, documents_only=only, places=places)


def persisted(settings: Settings, database: Database, redis: "Redis | None", limiter: Limiter) -> PersistedDocuments:
    """What is run by an id: registered documents, and texts that clients sent before."""
    registered, automatic = RegisteredDocuments(database), AutomaticQueries(redis, limiter)
    return PersistedDocuments(registered, automatic, registered_only=settings.registered_only, own=own_documents())


def streams_of(database: Database, redis: "Redis | None", limits: Limits) -> Streams:
    """The streams of the process, which are woken by its own transactions and, through Redis, by those of others."""
    wakeups = None if redis is None else Wakeups(redis)
    feed = Feed(database, None if wakeups is None else wakeups.listen)
    database.after_news += [feed.wake] if wakeups is None else [feed.wake, wakeups.tell]
    return Streams(feed, Openings(database), wakeups, limits)


def key_set(settings: Settings, key: DevelopmentKey | None, egress: Egress) -> KeySet:
    """The keys that tokens are verified with: our own in development, else the issuer's."""
    return KeySet(published_at(settings.jwks_url, egress)) if key is None else KeySet.fixed(key.jwks())


async def published_keys(request: Request) -> JSONResponse:
    """The public half of the development key, as an issuer publishes it."""
    key: DevelopmentKey = request.app.state.parts.key
    return JSONResponse(key.jwks())


async def not_served(_request: Request, error: Exception) -> Response:
    """No such address, or not by this method."""
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"message": error.detail}, error.status_code, headers=error.headers)


async def broken(_request: Request, _error: Exception) -> Response:
    """An error of ours: the log has it, the client learns only that it happened."""
    return JSONResponse({"message": "Internal Server Error"}, HTTPStatus.INTERNAL_SERVER_ERROR)
