"""Instants of objects that Python makes, printed as the request's door prints them."""

import datetime
from typing import cast

from resolvers.context import Request
from resolvers.moments import moment_text


def printed(value: datetime.datetime | None, request: Request) -> datetime.datetime | None:
    """An instant as the field of an object; the scalar DateTime hands on what is text already."""
    return cast("datetime.datetime | None", moment_text(value, request.moments))
