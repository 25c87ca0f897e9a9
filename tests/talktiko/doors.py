"""Every door of the Talktiko API with a request that it answers well, and what each needs."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx2

from gateway.doors.door import Door
from gateway.talktiko.routes import DOORS
from tests.talktiko.asking import STUDENT, Api, Given


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the documented table: method and path, the ability, and one request that is answered well.

    A list has `empty`: a path under which there is nothing in it.
    """

    method: str
    path: str
    ability: str | None
    asked: str = ""
    body: Given | None = None
    empty: str | None = None
    anonymous: bool = False
    cached: bool = False
    status: HTTPStatus = HTTPStatus.OK

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """The path of the request."""
        return self.asked or self.path

    @property
    def is_list(self) -> bool:
        """Whether the answer has pages."""
        return self.empty is not None

    @property
    def door(self) -> Door:
        """The door as the product declares it."""
        return next(door for door in DOORS if door.path == self.path and self.method in door.methods)

    async def ask(self, api: Api, *, uid: str = STUDENT, **more: Any) -> httpx2.Response:  # noqa: ANN401  # as httpx
        """Ask as the door is meant to be asked."""
        if self.anonymous:
            return await api.nobody(self.method, self.address, json=self.body, **more)
        return await api.ask(self.method, self.address, json=self.body, uid=uid, **more)

    async def ask_bare(self, api: Api, headers: Given, **more: Any) -> httpx2.Response:  # noqa: ANN401  # as httpx
        """Ask with no other headers than these."""
        return await api.nobody(self.method, self.address, json=self.body, headers=headers, **more)


# Refused before anything is compared, so that it does not count as an attempt to sign in.
NO_ABILITY = {"email": "nobody@kakehashi.example", "password": "wrong", "abilities": []}
NOTHING = "search=nothing"
LINES = (
    Line(
        *("POST", "/auth/sign-in", None),
        body=NO_ABILITY,
        anonymous=True,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    Line("GET", "/auth/me", None),
    Line("GET", "/integrations/tokens", "tokens:read", empty=""),
    Line(
        *("POST", "/integrations/tokens", "tokens:write"),
        body={"name": "made", "abilities": ["tokens:write"]},
        status=HTTPStatus.CREATED,
    ),
    Line(
        *("DELETE", "/integrations/tokens/{token}", "tokens:write", "/integrations/tokens/2147483647"),
        status=HTTPStatus.NOT_FOUND,
    ),
    Line("GET", "/integrations/abilities", None),
    Line("GET", "/public/courses", None, empty=f"/public/courses?{NOTHING}", anonymous=True, cached=True),
    Line("GET", "/public/courses/{slug}", None, "/public/courses/first-steps-a1", anonymous=True, cached=True),
    Line("GET", "/courses", "courses:read", empty=f"/courses?{NOTHING}"),
    Line("GET", "/courses/{id}", "courses:read", "/courses/501"),
    Line("GET", "/lessons", "courses:read", empty="/lessons?course_id=110A01"),
    Line("GET", "/trainings", "courses:read", empty="/trainings?lesson_id=1"),
    Line("GET", "/trainingItems", "courses:read", empty="/trainingItems?training_id=1"),
    Line("GET", "/stats", "analytics:read"),
    Line(
        *("GET", "/courses/{course}/lesson-progress", "progress:read", "/courses/501/lesson-progress"),
        empty="/courses/110A01/lesson-progress",
    ),
    Line("GET", "/progress-history", "progress:read", empty="/progress-history?to=2020-01-01"),
    Line("GET", "/cefr/report", "progress:read"),
    Line("GET", "/learning-insights", "progress:read"),
    Line("GET", "/gamification/stats", "progress:read"),
    Line("GET", "/gamification/leaderboard", "progress:read", "/gamification/leaderboard?period=all", empty=""),
    Line("GET", "/subscription-plans", None, anonymous=True, cached=True),
    Line("GET", "/trial/status", None),
)
LISTS = [line for line in LINES if line.is_list]
WITH_TOKEN = [line for line in LINES if not line.anonymous]
NEEDING = [line for line in LINES if line.ability is not None]


def line_of(method: str, path: str) -> Line:
    """The line of a method and a path."""
    return next(line for line in LINES if (line.method, line.path) == (method, path))
