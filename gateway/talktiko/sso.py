"""The operations on single sign-on, as a list."""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.doors.door import Asked, Data, Door
from gateway.doors.kinds import Choice, Flag, Integer, Listed, Members, Text
from gateway.doors.parameters import Parameter
from gateway.talktiko.envelope import missing, plain, refuse_mistakes
from gateway.talktiko.parameters import GET, PUT
from resolvers.sso.wanted import MASK

SSO = "/institutions/{id}/sso"
OF_INSTITUTION = Parameter("id", Integer(1), required=True, in_path=True)
ROLES = ("student", "homeroom_teacher", "cram_school_clerk", "cram_school_owner")
# Of the protocol alone, and of the identity provider; all else is the configuration's own.
OF_SAML, OF_OIDC = ("email_attribute", "metadata_url", "certificates"), ("client_id", "client_secret", "token_auth")
CONNECTION = ("issuer", "sign_on_url")
OWN = ("domains", "return_url", "creates_accounts", "enforced", "role_attribute", "roles", "default_role")


ROLE = Members((("value", Text()), ("role", Choice(ROLES))), "SsoRoleMapping")
SETTINGS = Members(
    (
        ("domains", Listed(Text())),
        ("return_url", Text()),
        ("creates_accounts", Flag()),
        ("enforced", Flag()),
        ("role_attribute", Text()),
        ("roles", Listed(ROLE)),
        ("default_role", Choice(ROLES)),
        ("email_attribute", Text()),
        ("issuer", Text()),
        ("client_id", Text()),
        ("client_secret", Text()),
        ("token_auth", Choice(("client_secret_basic", "client_secret_post"))),
        ("metadata_xml", Text()),
        ("metadata_url", Text()),
    ),
    "SsoSettings",
)


def shown(_asked: Asked, data: Data) -> bytes:
    """How an institution's people sign in, and what its identity provider is told; where nothing is set up, that."""
    return answer({name: plain(found) for name, found in data.items()})


def saved(_asked: Asked, data: Data) -> bytes:
    """The same after a change; 422 with the mistakes, 404 where there is no such institution within reach."""
    (payload,) = map(plain, data.values())
    refuse_mistakes([as_rest_calls(mistake) for mistake in payload["userErrors"]])
    if payload["sso"] is None:
        raise missing()
    return answer(payload)


def as_rest_calls(mistake: Mapping[str, Any]) -> Mapping[str, Any]:
    """A mistake with its field as Laravel writes those inside of others: settings.domains."""
    return {**mistake, "field": [".".join(mistake["field"])]}


def answer(told: Mapping[str, Any]) -> bytes:
    """Protocol, settings as they may be given again, and what is known of the identity provider."""
    found = told["sso"]
    if found is None:
        return orjson.dumps({"data": {**NOTHING, "service_provider": told["serviceProvider"]}})
    names = [*OWN, *CONNECTION, *((*OF_OIDC, "token_url", "jwks_url") if found["protocol"] == "oidc" else OF_SAML)]
    masked = {**found, "client_secret": MASK if found["client_secret"] else None}
    settings = {name: masked[name] for name in names}
    state = {name: found[name] for name in ("protocol", "enabled", "checked_at", "updated_at")}
    return orjson.dumps({"data": {**state, "settings": settings, "service_provider": told["serviceProvider"]}})


NOTHING: Mapping[str, object] = {
    "protocol": None,
    "enabled": False,
    "checked_at": None,
    "updated_at": None,
    "settings": {},
}

SSO_DOORS = (
    Door("Get SSO configuration", GET, SSO, (OF_INSTITUTION,), "sso", shown),
    Door(
        "Update SAML or OIDC settings",
        PUT,
        SSO,
        (
            OF_INSTITUTION,
            Parameter("protocol", Choice(("oidc", "saml")), required=True),
            Parameter("settings", SETTINGS),
            Parameter("enabled", Flag()),
        ),
        "save_sso",
        saved,
    ),
)
