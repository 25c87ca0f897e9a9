"""The forms that Stripe takes, as its own SDK types them: what is sent is held against these."""

import importlib
import re
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl

from pydantic import ConfigDict, TypeAdapter, ValidationError
from stripe import RequestOptions
from typing_extensions import is_typeddict

# What an option of the SDK is called never stands in a form, though the types of forms allow it.
OPTIONS = frozenset(RequestOptions.__annotations__)
T = TypeVar("T")
Values: TypeAlias = dict[str, T]
MISSING = {"StripeContext": object, "UntypedStripeObject": Values}
PART = re.compile(r"\[([^\]]*)\]")


class WrongForm(Exception):
    """What was sent is not what the SDK's types allow."""


@lru_cache
def form_of(module: str, name: str) -> "TypeAdapter[dict[str, Any]]":
    """The type of a form, which takes nothing that it does not name."""
    found = importlib.import_module(f"stripe.params.{module}")
    names = {**vars(typing), **vars(found), **MISSING}
    for one in vars(found).values():
        if is_typeddict(one) and one.__module__ == found.__name__:
            one.__pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    adapter: TypeAdapter[dict[str, Any]] = TypeAdapter(names[name])
    adapter.rebuild(_types_namespace=names, force=True)
    return adapter


def checked(module: str, name: str, sent: str) -> dict[str, Any]:
    """A form or a query as plain values; raises WrongForm for what the SDK's type of it does not allow."""
    found = unflattened(parse_qsl(sent, keep_blank_values=True, strict_parsing=bool(sent)))
    if wrong := OPTIONS & found.keys():
        raise WrongForm(f"{sorted(wrong)} are no parameters")
    try:
        return form_of(module, name).validate_python(found)
    except ValidationError as error:
        raise WrongForm(str(error)) from None


def unflattened(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0]=c` as {"a": {"b": ["c"]}}."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        name, parts = key.partition("[")[0], PART.findall(key)
        place, last = tree, name
        for part in parts:
            place, last = place.setdefault(last, {}), part
        if last in place:
            raise WrongForm(f"{key} came twice")
        place[last] = value
    return {name: listed(value) for name, value in tree.items()}


def listed(value: Any) -> Any:  # noqa: ANN401  # a tree of texts
    """A tree whose branches 0, 1, 2 … are a list."""
    if not isinstance(value, Mapping):
        return value
    found = {name: listed(one) for name, one in value.items()}
    return list(found.values()) if list(found) == [str(number) for number in range(len(found))] else found
