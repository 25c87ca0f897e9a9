"""What the Talktiko API says of institutions, key by key: flat objects of what the graph shows in several."""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.doors.door import Asked, Data
from gateway.talktiko.envelope import collection, missing, plain, refuse_mistakes


def institutions(asked: Asked, data: Data) -> bytes:
    """A page of institutions."""
    found = plain(data["organizations"])
    return collection(asked, {"organizations": {**found, "nodes": [flat(one) for one in found["nodes"]]}})


def institution(_asked: Asked, data: Data) -> bytes:
    """An institution; 404 where there is none within reach."""
    found = plain(data["organization"])
    if found is None:
        raise missing()
    return orjson.dumps({"data": flat(found)})


def made_institution(_asked: Asked, data: Data) -> bytes:
    """An institution that was made."""
    payload = plain(data["createOrganization"])
    refuse_mistakes(
        [
            {**mistake, "field": [NAMES.get(name, name) for name in mistake["field"]]}
            for mistake in payload["userErrors"]
        ]
    )
    return orjson.dumps({"data": flat(payload["organization"])})


# What REST calls otherwise than the graph.
NAMES = {"parentLegacyId": "parent_id"}


def flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """An institution as one flat object; one whose parent is out of reach shows none."""
    parent = found["parent"]
    return {
        **{name: found[name] for name in ("id", "code", "name", "abbreviation")},
        "parent_id": None if parent is None else parent["id"],
        "plan": found["plan"],
        "domains": [one["domain"] for one in found["domains"]],
        "branding": branding(found),
    }


def branding(found: Mapping[str, Any]) -> dict[str, Any]:
    """How an institution looks; one that has said nothing looks like everybody, under its own name."""
    look = found["branding"] or {}
    own = {name: look.get(name) for name in ("logo_url", "primary_color", "support_email")}
    return {"display_name": look.get("display_name") or found["name"], **own}


def analytics(_asked: Asked, data: Data) -> bytes:
    """What is learned in an institution, with how it looks; 404 where there is none within reach."""
    found = plain(data["organizationAnalytics"])
    if found is None:
        raise missing()
    place = found.pop("organization")
    head = {"institution": {"id": place["id"], "name": place["name"]}, "branding": branding(place)}
    return orjson.dumps({"data": {**head, **found}})
