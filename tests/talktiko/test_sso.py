"""Single sign-on: the doors under /api/institutions/{id}/sso, line by line, and who may open them."""

from typing import Any

import pytest
from sqlalchemy import select

from db.sso.tables import sso_configurations, sso_domains
from resolvers.sealing import Sealer
from tests.sso.openid import CLIENT_ID, CLIENT_SECRET
from tests.sso.saml import ENTITY, SIGN_ON, metadata
from tests.talktiko.asking import ADMINISTRATOR, NOT_IN_REACH, OWNER, SUNDAI_OWNER, UNAUTHORIZED, Api, Case
from tests.talktiko.signing_on import ORGANIZATION, SETTINGS, SSO

ONE = (Case("id", {"id": ORGANIZATION}),)
SAVING = (
    *ONE,
    Case("protocol", {"protocol": "oidc"}),
    Case("settings", {"settings": {}}),
    Case("enabled", {"enabled": False}),
)
MASK = "********"
# Everybody who is no owner of the organization or above it: none may see or set it up.
OTHERS = ("student", "coach-child", "coach-parent", "clerk-child", "clerk-parent")


async def put(api: Api, uid: str = OWNER, path: str = SSO, **body: object) -> tuple[int, Any]:
    """What comes of setting up single sign-on."""
    answer = await api.ask("PUT", path, uid=uid, json=body)
    return answer.status_code, answer.json()


async def kept(api: Api) -> list[Any]:
    """Everything that is kept."""
    return [*await api.rows_of(select(sso_configurations)), *await api.rows_of(select(sso_domains))]


async def test_what_is_set_up_is_shown_and_what_the_identity_provider_is_told(own_api: Api) -> None:
    nothing = await own_api.ask("GET", SSO, uid=OWNER)
    told = nothing.json()["data"]
    addresses = told.pop("service_provider")
    assert told == {"protocol": None, "enabled": False, "checked_at": None, "updated_at": None, "settings": {}}
    base = "http://kakehashi.test/api/sso"
    assert addresses == {
        "entity_id": f"{base}/{ORGANIZATION}/metadata",
        "acs_url": f"{base}/saml/acs",
        "metadata_url": f"{base}/{ORGANIZATION}/metadata",
        "redirect_uri": f"{base}/callback",
        "start_url": f"{base}/{ORGANIZATION}/start",
        "session_url": f"{base}/session",
    }
    settings = {**SETTINGS, "metadata_xml": metadata("saml-1", "saml-2"), "enforced": True, "creates_accounts": False}
    status, saved = await put(own_api, protocol="saml", settings=settings, enabled=True)
    assert status == 200, saved
    shown = (await own_api.ask("GET", SSO, uid=OWNER)).json()
    assert shown == saved
    found = shown["data"]["settings"]
    certificates = found.pop("certificates")
    assert [one["subject"] for one in certificates] == ["CN=saml-1", "CN=saml-2"]
    assert found == {
        **SETTINGS,
        "enforced": True,
        "creates_accounts": False,
        "issuer": ENTITY,
        "sign_on_url": SIGN_ON,
        "metadata_url": None,
    }
    # What is not given stays, and null takes away what may be missing.
    status, changed = await put(own_api, protocol="saml", settings={"default_role": None, "email_attribute": None})
    assert (status, changed["data"]["enabled"]) == (200, True)
    assert changed["data"]["settings"] == {
        **found,
        "default_role": None,
        "email_attribute": None,
        "certificates": certificates,
    }


async def test_a_secret_is_sealed_and_never_shown_and_of_another_protocol_nothing_stays(own_api: Api) -> None:
    issuer = "https://idp.school.example.jp"
    settings = {"issuer": issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    status, saved = await put(
        own_api, protocol="oidc", settings={**settings, "domains": ["B.example.jp", "@a.example.jp"]}
    )
    assert (status, saved["data"]["settings"]["client_secret"]) == (200, MASK)
    assert saved["data"]["settings"]["domains"] == ["b.example.jp", "a.example.jp"]
    assert CLIENT_SECRET not in str(saved)
    ((sealed,),) = await own_api.rows_of(select(sso_configurations.c.client_secret))
    assert Sealer.of_folder(own_api.running.settings.data_dir).opened(bytes(sealed)) == CLIENT_SECRET
    # What was shown in its place changes nothing; and the secret goes to no other provider.
    assert (await put(own_api, protocol="oidc", settings={"client_secret": MASK, "client_id": "2"}))[0] == 200
    ((same,),) = await own_api.rows_of(select(sso_configurations.c.client_secret))
    assert bytes(same) == bytes(sealed)
    status, refused = await put(own_api, protocol="oidc", settings={"issuer": "https://evil.example.jp"})
    assert (status, list(refused["errors"])) == (422, ["settings.client_secret"])
    status, other = await put(own_api, protocol="saml", settings={"metadata_xml": metadata("saml-1")})
    assert (status, "client_id" in other["data"]["settings"]) == (200, False)
    ((gone, shown),) = await own_api.rows_of(
        select(sso_configurations.c.client_secret, sso_configurations.c.has_client_secret)
    )
    assert (gone, bool(shown)) == (None, False)


ROLES = [{"value": "teachers", "role": "homeroom_teacher"}]
OIDC = {**SETTINGS, "email_attribute": None}
CLIENT = {"client_id": "a", "client_secret": "b"}
SAML = {**SETTINGS, "metadata_xml": metadata("saml-1")}
REFUSED: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"settings": {**SAML, "domains": []}, "enabled": True}, "settings.domains", "Name the mail domains"),
    ({"settings": {**SAML, "domains": ["a b"]}}, "settings.domains", "Write domains"),
    ({"settings": {**SAML, "domains": ["gmail.com"]}}, "settings.domains", "for everybody"),
    ({"settings": {**SAML, "domains": [f"a{n}.jp" for n in range(51)]}}, "settings.domains", "At most 50"),
    (
        {"settings": {**SAML, "roles": [], "default_role": None}, "enabled": True},
        "settings.default_role",
        "what people are",
    ),
    ({"settings": {**SAML, "role_attribute": None}, "enabled": True}, "settings.role_attribute", "which attribute"),
    ({"settings": {**SAML, "roles": [*ROLES, *ROLES]}}, "settings.roles", "given once"),
    ({"settings": {**SAML, "return_url": "http://app.example.jp/"}}, "settings.return_url", "https://"),
    ({"settings": {**SAML, "return_url": "https://a@app.example.jp/"}}, "settings.return_url", "https://"),
    ({"settings": {**SAML, "return_url": "https://app.example.jp/#x"}}, "settings.return_url", "https://"),
    ({"settings": {**SAML, "return_url": "javascript:alert(1)"}}, "settings.return_url", "https://"),
    ({"settings": {**SAML, "issuer": "https://a.jp"}}, "settings.issuer", "none of the settings of saml"),
    ({"settings": SETTINGS, "enabled": True}, "settings.metadata_xml", "Give the metadata"),
    ({"settings": {"metadata_xml": "<a"}}, "settings.metadata_xml", "no XML"),
    ({"settings": {"metadata_xml": "<!DOCTYPE a []><a/>"}}, "settings.metadata_xml", "DOCTYPE"),
    ({"settings": {"metadata_xml": "<a/>"}}, "settings.metadata_xml", "describe 0 identity providers"),
    ({"settings": {"metadata_xml": metadata()}}, "settings.metadata_xml", "signing certificates"),
    ({"settings": {"metadata_xml": metadata("old", days=-1)}}, "settings.metadata_xml", "have expired"),
    (
        {"settings": {"metadata_xml": metadata("saml-1", more=' WantAuthnRequestsSigned="true"')}},
        "settings.metadata_xml",
        "wants signed requests",
    ),
    (
        {"settings": {"metadata_xml": metadata("saml-1", sign_on="http://idp.example.jp")}},
        "settings.metadata_xml",
        "no address of https",
    ),
    ({"settings": {"metadata_url": "https://127.0.0.1/metadata"}}, "settings.metadata_url", "may not be reached"),
    (
        {"settings": {"metadata_xml": metadata("saml-1"), "metadata_url": "https://a.jp"}},
        "settings.metadata_url",
        "a text or by their address",
    ),
    (
        {"protocol": "oidc", "settings": SETTINGS | {"email_attribute": None}, "enabled": True},
        "settings.issuer",
        "needed",
    ),
    (
        {
            "protocol": "oidc",
            "settings": {
                "issuer": "https://127.0.0.1",
                "client_id": "a",
                "client_secret": "b",
                "domains": ["a.jp"],
                "default_role": "student",
            },
            "enabled": True,
        },
        "settings.issuer",
        "may not be reached",
    ),
)


async def test_what_cannot_work_is_refused_and_changes_nothing(own_api: Api) -> None:
    assert (await put(own_api, protocol="saml", settings=SAML, enabled=True))[0] == 200
    # Another organization's domain is not to be had.
    status, taken = await put(own_api, SUNDAI_OWNER, "/institutions/1/sso", protocol="saml", settings=SAML)
    assert (status, list(taken["errors"])) == (422, ["settings.domains"])
    before = await kept(own_api)
    fresh = {"domains": ["other.example.jp"]}
    for body, field, words in REFUSED:
        path, uid = ("/institutions/1/sso", SUNDAI_OWNER)
        given = {"protocol": "saml", **body}
        given["settings"] = {**given["settings"]}
        if given["settings"].get("domains") == SETTINGS["domains"]:
            given["settings"] |= fresh
        status, refused = await put(own_api, uid, path, **given)
        assert status == 422, (body, refused)
        assert field in refused["errors"], (body, refused)
        assert words in refused["errors"][field][0], (body, refused)
    for body in (
        {"protocol": "ldap"},
        {"protocol": "saml", "settings": 7},
        {"protocol": "saml", "enabled": "maybe"},
        {},
    ):
        assert (await put(own_api, **body))[0] == 422
    for roles in ([{"value": "a", "role": "administrator"}], [{"value": "a", "role": "owner"}], [7]):
        assert (await put(own_api, protocol="saml", settings={"roles": roles}))[0] == 422
    assert await kept(own_api) == before


async def test_only_owners_and_operators_see_and_set_up_what_they_reach(api: Api) -> None:
    before = await kept(api)
    for name in OTHERS:
        uid = f"auth0|demo-{name}"
        for method in ("GET", "PUT"):
            answer = await api.ask(method, SSO, uid=uid, json={"protocol": "saml"} if method == "PUT" else None)
            assert (answer.status_code, answer.json()) == (403, UNAUTHORIZED), (name, method)
    # An owner of a child reaches the child alone, and one of a parent the children too.
    for uid, path, status in (
        ("auth0|demo-owner-child", SSO, 403),
        ("auth0|demo-owner-child", "/institutions/2002/sso", 200),
        (OWNER, "/institutions/2002/sso", 200),
        (SUNDAI_OWNER, SSO, 403),
        (ADMINISTRATOR, SSO, 200),
        (ADMINISTRATOR, "/institutions/2147483647/sso", 404),
    ):
        answer = await api.ask("GET", path, uid=uid)
        assert answer.status_code == status, (uid, path, answer.text)
    for uid in ("auth0|demo-owner-child", SUNDAI_OWNER):
        assert await put(api, uid, protocol="saml") == (404, NOT_IN_REACH)
    assert await put(api, ADMINISTRATOR, "/institutions/2147483647/sso", protocol="saml") == (404, NOT_IN_REACH)
    assert await kept(api) == before


@pytest.mark.parametrize("name", [*OTHERS, "owner-child", "owner-parent", "administrator"])
async def test_the_graph_shows_and_changes_it_for_the_same_people(api: Api, name: str) -> None:
    before = await kept(api)
    document = (
        f"{{ organization(legacyId: {ORGANIZATION}) {{ sso {{ protocol domains hasClientSecret }} }}"
        f" ssoServiceProvider(organizationLegacyId: {ORGANIZATION}) {{ acsUrl }} }}"
    )
    headers = await api.headers(f"auth0|demo-{name}")
    shown = (await api.running.client.post("/graphql", json={"query": document}, headers=headers)).json()
    change = (
        f"mutation {{ disableSso(organizationLegacyId: {ORGANIZATION}) {{ sso {{ enabled }} userErrors {{ code }} }} }}"
    )
    if name in OTHERS:
        assert {error["extensions"]["code"] for error in shown["errors"]} == {"FORBIDDEN"}
        refused = (await api.running.client.post("/graphql", json={"query": change}, headers=headers)).json()
        assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    elif name == "owner-child":
        # The parent is not within reach, so that there is none.
        assert shown["data"]["organization"] is None
        told = (await api.running.client.post("/graphql", json={"query": change}, headers=headers)).json()
        assert told["data"] == {"disableSso": {"sso": None, "userErrors": []}}
    else:
        assert shown["data"]["organization"]["sso"] == {
            "protocol": "SAML",
            "domains": ["school.example.jp"],
            "hasClientSecret": False,
        }
    assert await kept(api) == before
