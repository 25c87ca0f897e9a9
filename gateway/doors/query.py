"""What a query string gives for each parameter; lists in the three spellings that Rails and others use."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl

from gateway.doors.kinds import Listed
from gateway.doors.parameters import Parameter
from gateway.json_body import WrongBody

Pairs = Sequence[tuple[str, str]]


def given_in_query(query_string: bytes, parameters: Sequence[Parameter]) -> dict[str, object]:
    """The texts given for the parameters: one each, or a list of them where the parameter is one."""
    try:
        pairs = parse_qsl(query_string.decode("utf-8"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise WrongBody(HTTPStatus.BAD_REQUEST, "The query string is not UTF-8.") from None
    return {parameter.name: given_for(parameter, pairs) for parameter in parameters}


def given_for(parameter: Parameter, pairs: Pairs) -> object:
    """What is given for one parameter; None where there is nothing."""
    name = parameter.name
    plain = [value for key, value in pairs if key == name]
    bracketed = [value for key, value in pairs if key == f"{name}[]"]
    # What no kind reads stands for what no parameter takes, so that it is refused rather than overlooked.
    if any(key.startswith(f"{name}[") and key != f"{name}[]" for key, _ in pairs):
        return {}
    if isinstance(parameter.kind, Listed):
        return listed(plain, bracketed)
    return [*plain, *bracketed] if bracketed or len(plain) > 1 else next(iter(plain), None)


def listed(plain: list[str], bracketed: list[str]) -> list[str] | None:
    """uids[]=a&uids[]=b, uids=a&uids=b or uids=a,b; a list of nothing but empty texts is not given."""
    found = bracketed + [part for value in plain for part in value.split(",")]
    return [value for value in found if value] or None
