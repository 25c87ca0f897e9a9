"""Fields that Python makes: once for all rows of a level, whatever asks for them."""

import inspect
from collections.abc import Callable
from typing import Any

from aiodataloader import DataLoader
from graphql import GraphQLResolveInfo

from resolvers.access import token_missing
from resolvers.context import Request
from resolvers.engine.declare import Computed


def computed_resolver(computed: Computed) -> Callable[..., Any]:
    """A resolver whose batch function gets all rows of the request at once; an exception as value fails one field."""

    async def resolve(source: Any, info: GraphQLResolveInfo[Request]) -> object:
        loader = info.context.loaders.get(computed)
        if loader is None:
            loader = info.context.loaders[computed] = batch_loader(computed, info.context)
        return await loader.load(source)

    return resolve


def batch_loader(computed: Computed, request: Request) -> "DataLoader[Any, object]":
    """The loader of one computed field in one request."""
    viewer = request.viewer
    if viewer is None:
        raise token_missing()

    async def batch(sources: list[Any]) -> list[object]:
        values = computed.batch(sources, viewer)
        return list(await values if inspect.isawaitable(values) else values)

    return DataLoader(batch)
