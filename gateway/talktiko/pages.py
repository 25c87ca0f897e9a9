"""What doors of the Talktiko API have in common: their methods, and the parameters of pages."""

from gateway.doors.kinds import Count
from gateway.doors.parameters import Parameter

GET, POST, PUT, PATCH, DELETE = ("GET",), ("POST",), ("PUT",), ("PATCH",), ("DELETE",)
MOST_PER_PAGE, PER_PAGE = 100, 15
PAGING = (
    Parameter("page", Count(1), default=1),
    Parameter("per_page", Count(PER_PAGE, most=MOST_PER_PAGE), default=PER_PAGE),
)
