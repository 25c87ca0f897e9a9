"""Tests of looking at identity providers before they are enabled, and again."""

import asyncio
from collections.abc import Mapping
from typing import Any

from db.sso.tables import sso_configurations, sso_domains
from tests.accounts.calling import OWNER
from tests.egress.receiver import receiving
from tests.sso.coming import COMMON, Coming
from tests.sso.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider
from tests.sso.saml import SIGN_ON, metadata

PROBLEMS: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"issuer": "https://idp.example.com"}, "ISSUER_DIFFERS"),
    "no authorization endpoint": ({"authorization_endpoint": None}, "ENDPOINT_MISSING"),
    "an endpoint by plain http": ({"token_endpoint": "http://93.184.216.34/token"}, "ENDPOINT_REFUSED"),
    "keys in a network that may not be reached": ({"jwks_uri": "https://10.0.0.1/jwks"}, "ENDPOINT_REFUSED"),
    "an endpoint with a fragment": ({"authorization_endpoint": "https://a.example/#x"}, "ENDPOINT_MISSING"),
    "no code": ({"response_types_supported": ["id_token"]}, "PROVIDER_LACKS"),
    "no RS256": ({"id_token_signing_alg_values_supported": ["ES256"]}, "PROVIDER_LACKS"),
    "plain PKCE alone": ({"code_challenge_methods_supported": ["plain"]}, "PROVIDER_LACKS"),
    "no client secrets": ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "PROVIDER_LACKS"),
    "no keys there": ({"jwks_uri": "HOME/none"}, "NO_ANSWER"),
    "keys that are none": ({"jwks_uri": "HOME/.well-known/openid-configuration"}, "KEYS_MISSING"),
}
CODES = "{ sso { enabled certificates checkedAt } userErrors { field code } }"


async def change(coming: Coming, call: str, selection: str = CODES) -> dict[str, Any]:
    """What a mutation answers."""
    name, _, arguments = call.partition("(")
    number = f"organizationLegacyId: {coming.organization}"
    text = f"mutation {{ done: {name}({number}{', ' if arguments else ''}{arguments or ')'} {selection} }}"
    headers = await coming.running.headers(OWNER)
    answer = await coming.running.client.post("/graphql", json={"query": text}, headers=headers)
    told: Mapping[str, Any] = answer.json()
    assert "errors" not in told, answer.text
    return dict(told["data"]["done"])


async def test_a_provider_that_lacks_something_is_not_enabled(coming: Coming, provider: OpenIdProvider) -> None:
    provider.said = {}
    own = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    assert (await coming.put(protocol="oidc", settings={**COMMON, **own}, enabled=False)).status_code == 200
    before = await coming.all(sso_configurations)
    for said, code in PROBLEMS.values():
        provider.said = {
            name: value.replace("HOME", provider.issuer) if isinstance(value, str) else value
            for name, value in said.items()
        }
        for call in ("enableSso", "checkSso", "saveSso(protocol: OIDC, enabled: true)"):
            told = await change(coming, call)
            assert told == {"sso": None, "userErrors": [{"field": ["settings", "issuer"], "code": code}]}, said
    assert await coming.all(sso_configurations) == before
    # What nobody has to say is right too.
    provider.said = {"token_endpoint_auth_methods_supported": None, "code_challenge_methods_supported": None}
    assert (await change(coming, "enableSso"))["sso"]["enabled"] is True
    told = await change(coming, "disableSso")
    assert (told["sso"]["enabled"], told["userErrors"]) == (False, [])


async def test_new_certificates_are_taken_over_when_they_are_looked_at(coming: Coming) -> None:
    published = [metadata("saml-1")]

    async def answer(writer: asyncio.StreamWriter) -> None:
        body = published[-1].encode()
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async with receiving(answer) as receiver:
        settings = {**COMMON, "metadata_url": f"http://127.0.0.1:{receiver.port}/metadata"}
        saved = await coming.put(protocol="saml", settings=settings, enabled=True)
        assert saved.json()["data"]["settings"]["sign_on_url"] == SIGN_ON, saved.text
        published.append(metadata("saml-1", "saml-2"))
        told = await change(coming, "checkSso")
        assert [one["subject"] for one in told["sso"]["certificates"]] == ["CN=saml-1", "CN=saml-2"]
        before = await coming.all(sso_configurations)
        published.append("<html/>")
        told = await change(coming, "checkSso")
        assert [one["code"] for one in told["userErrors"]] == ["METADATA_NOT_ONE"]
        assert await coming.all(sso_configurations) == before


async def test_what_is_removed_is_gone_and_its_domains_are_free(coming: Coming) -> None:
    await coming.speak_saml("saml-1")
    assert len(await coming.all(sso_domains)) == 1
    assert await change(coming, "deleteSso", "{ deleted }") == {"deleted": True}
    assert await change(coming, "deleteSso", "{ deleted }") == {"deleted": False}
    assert (await coming.all(sso_configurations), await coming.all(sso_domains)) == ([], [])
    for call in ("checkSso", "enableSso", "disableSso"):
        assert await change(coming, call) == {"sso": None, "userErrors": []}


async def test_starts_are_counted(coming: Coming) -> None:
    async with coming.browsing() as browser:
        answers = [await browser.get("/api/sso/2147483647/start") for _ in range(120)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    assert answers[0].status_code == 404
    assert int(limited[0].headers["retry-after"]) > 0
