"""Registers a platform with a started server, by the REST door, as an administrator of the demo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from tests.clients.server import Served

OWNER = "auth0|demo-owner-parent"
CONSUMERS = "/api/integrations/lti-consumers"


def register(served: Served, registration: Mapping[str, Any], name: str, **more: object) -> dict[str, Any]:
    """The platform as the door shows it; `registration` is what the platform says of itself."""
    body = {
        "name": name,
        "issuer": registration["issuer"],
        "client_id": registration["client_id"],
        "auth_login_url": registration["oidc_callback"],
        "auth_token_url": registration["token_url"],
        "jwks_url": registration["keyset_url"],
        "deployment_ids": [registration["deployment_id"]],
        **more,
    }
    headers = {"Authorization": f"Bearer {served.token(OWNER)}"}
    answer = httpx2.post(f"{served.url}{CONSUMERS}", json=body, headers=headers, timeout=30, trust_env=False)
    assert answer.status_code == httpx2.codes.CREATED, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found
