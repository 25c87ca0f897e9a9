"""All tables together: whoever needs the metadata complete imports it from here."""

from db import (
    accesses,
    accounts,
    compliance,
    courses,
    documents,
    exports,
    institutions,
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
from db.billing import tables as billing
from db.imports import tables as imports
from db.lti import tables as lti
from db.progress import derived, events
from db.sso import tables as sso
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
    "imports",
    "institutions",
    "lessons",
    "lti",
    "metadata",
    "notices",
    "operations",
    "organizations",
    "roster_log",
    "sso",
    "students",
    "upstreams",
    "webhooks",
    "xapi",
]
