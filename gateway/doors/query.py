"""What a query string gives for each parameter; lists in the three spellings that Rails and others use."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl

from gateway.doors.kinds import Listed
from gateway.doors.parameters import Parameter
from gateway.json_body import WrongBody

Pairs = Sequence[tuple[str, str]]
Spellings = Mapping[str, Parameter]


def spellings_of(parameters: Sequence[Parameter]) -> Spellings:
    """The parameters by every name under which they may stand in a query string, with brackets and without."""
    found = {name: parameter for parameter in parameters for name in (parameter.name, *parameter.spellings)}
    return {**found, **{f"{name}[]": parameter for name, parameter in found.items()}}


def pairs_in(query_string: bytes) -> Pairs:
    """The pairs of a query string, decoded and in order; WrongBody where it is no UTF-8."""
    try:
        return parse_qsl(query_string.decode("utf-8"), keep_blank_values=True, errors="strict") if query_string else ()
    except UnicodeDecodeError:
        raise WrongBody(HTTPStatus.BAD_REQUEST, "The query string is not UTF-8.") from None


def given_in_query(pairs: Pairs, spellings: Spellings) -> dict[str, object]:
    """What is given for parameters, by their names: a text, or a list where the parameter is one."""
    plain: dict[str, list[str]] = {}
    bracketed: dict[str, list[str]] = {}
    strays: set[str] = set()
    for key, value in pairs:
        parameter = spellings.get(key)
        if parameter is not None:
            kept = bracketed if key.endswith("[]") else plain
            kept.setdefault(parameter.name, []).append(value)
        elif "[" in key:
            strays |= {one.name for name, one in spellings.items() if key.startswith(f"{name}[")}
    names = [*plain, *(name for name in bracketed if name not in plain)]
    found = {name: value_given(spellings[name], plain.get(name, []), bracketed.get(name, [])) for name in names}
    # What no kind reads stands for what no parameter takes, so that it is refused rather than overlooked.
    return {**found, **{name: {} for name in strays}} if strays else found


def value_given(parameter: Parameter, plain: list[str], bracketed: list[str]) -> object:
    """What is given for one parameter."""
    if isinstance(parameter.kind, Listed):
        return listed(plain, bracketed)
    return [*plain, *bracketed] if bracketed or len(plain) > 1 else plain[0]


def listed(plain: list[str], bracketed: list[str]) -> list[str] | None:
    """uids[]=a&uids[]=b, uids=a&uids=b or uids=a,b; a list of nothing but empty texts is not given."""
    found = bracketed + [part for value in plain for part in value.split(",")]
    return [value for value in found if value] or None
