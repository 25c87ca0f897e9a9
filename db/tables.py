"""All tables together: whoever needs the metadata complete imports it from here."""

from db import accounts, courses, notices, operations, organizations, progress, students
from db.base import metadata

__all__ = [
    "accounts",
    "courses",
    "metadata",
    "notices",
    "operations",
    "organizations",
    "progress",
    "students",
]
