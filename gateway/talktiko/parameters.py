"""What the operations of the Talktiko API are asked by: methods, pages, and the filters that several of them take."""

from gateway.doors.kinds import Choice, Count, Day, Integer, Kind, Text
from gateway.doors.parameters import Parameter

GET, POST, PUT, PATCH, DELETE = ("GET",), ("POST",), ("PUT",), ("PATCH",), ("DELETE",)
MOST_PER_PAGE, PER_PAGE = 100, 15
CEFR_LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
PAGING = (
    Parameter("page", Count(1), default=1),
    Parameter("per_page", Count(PER_PAGE, most=MOST_PER_PAGE), default=PER_PAGE),
)


def filtered(name: str, kind: Kind, *spellings: str) -> Parameter:
    """A filter, which may also be given as filter[name], by each of its names."""
    inside = [f"filter[{one}]" for one in (name, *spellings)]
    return Parameter(name, kind, spellings=(*spellings, *inside))


SEARCH, LANGUAGE, LEVEL = (
    filtered("search", Text()),
    filtered("language", Text()),
    filtered("level", Choice(CEFR_LEVELS)),
)
OF_COURSE = filtered("course_id", Text(), "course")
OF_LEARNER = Parameter("user_id", Integer())
SPAN = (Parameter("from", Day()), Parameter("to", Day()))
