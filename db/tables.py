"""All tables together: whoever needs the metadata complete imports it from here."""

from db import (
    accesses,
    accounts,
    billing,
    compliance,
    courses,
    documents,
    exports,
    lessons,
    notices,
    operations,
    organizations,
    roster_log,
    students,
    upstreams,
    webhooks,
)
from db.base import metadata
from db.lti import tables as lti
from db.progress import derived, events
from db.xapi import tables as xapi

__all__ = [
    "accesses",
    "accounts",
    "billing",
    "compliance",
    "courses",
    "derived",
    "documents",
    "events",
    "exports",
    "lessons",
    "lti",
    "metadata",
    "notices",
    "operations",
    "organizations",
    "roster_log",
    "students",
    "upstreams",
    "webhooks",
    "xapi",
]
