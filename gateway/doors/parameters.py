"""The parameters of a door: declared as data, and read from what a request gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.doors.kinds import Kind


@dataclass(frozen=True, slots=True)
class Parameter:
    """A documented parameter, which becomes the variable of its name in the document.

    One that is not `sent` has no variable: it is only held to its kind. One that is `in_path` stands in the door's
    path. `spellings` are other names by which it may be given in a query string.
    """

    name: str
    kind: Kind
    required: bool = False
    default: object = None
    sent: bool = True
    in_path: bool = False
    spellings: tuple[str, ...] = ()


class WrongParameter(Exception):
    """A parameter without which nothing can be asked (`missing`), or whose value is none of its kind."""

    def __init__(self, name: str, *, missing: bool = False, in_path: bool = False) -> None:
        super().__init__(f"{name} is {'missing' if missing else 'invalid'}")
        self.name = name
        self.missing = missing
        self.in_path = in_path
        # Everything that is wrong, this first.
        self.all: tuple[WrongParameter, ...] = (self,)


def read(parameters: Sequence[Parameter], given: Mapping[str, object]) -> dict[str, object]:
    """The value of every parameter, None for one without; raises WrongParameter for the first that is wrong.

    An empty text counts as not given, as does null; names that are no parameter's are not looked at.
    """
    values: dict[str, object] = {}
    wrong: list[WrongParameter] = []
    for parameter in parameters:
        try:
            values[parameter.name] = value_of(parameter, given.get(parameter.name))
        except WrongParameter as error:
            wrong.append(error)
    if wrong:
        wrong[0].all = tuple(wrong)
        raise wrong[0]
    return values


def value_of(parameter: Parameter, given: object) -> object:
    """The value of one parameter."""
    if given is None or given == "":
        if parameter.required:
            raise WrongParameter(parameter.name, missing=True)
        return parameter.default
    try:
        return parameter.kind.read(given)
    except ValueError:
        raise WrongParameter(parameter.name, in_path=parameter.in_path) from None


def variables(parameters: Sequence[Parameter], values: Mapping[str, object]) -> dict[str, object]:
    """The document's variables; what has no value stays away, so that the document's own defaults hold."""
    return {
        parameter.name: parameter.kind.variable(values[parameter.name])
        for parameter in parameters
        if parameter.sent and values[parameter.name] is not None
    }
