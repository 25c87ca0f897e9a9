"""Dynamic Registration: an LMS registers itself by an invitation, once; every failure is a page and keeps nothing."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select, update

from db.accounts import memberships
from db.lti.tables import lti_invitations, lti_platforms
from db.maintenance import set_maintenance
from gateway.settings import Settings
from jobs.settings import JobSettings
from jobs.timetable import timetable
from tests.accounts.calling import OWNER, Caller, by_auth0, calling_from, count
from tests.conftest import SEALING_KEY, Running, running
from tests.lti.registering import AGS, CONFIGURATION, NRPS, PLATFORM, REGISTRATION, TOOL, Lms, serving_lms
from tests.webhooks.hooks import HERE

BASE = "http://kakehashi.test/api/lti"
CONSUMERS = "/api/integrations/lti-consumers"
CLOSE = "{ subject: 'org.imsglobal.lti.close' }"


@pytest.fixture
async def lms() -> AsyncIterator[Lms]:
    """An LMS as Moodle is."""
    async with serving_lms() as made:
        yield made


@pytest.fixture
async def app(url: str, data_dir: Path) -> AsyncIterator[Running]:
    """The app, which may reach this machine."""
    async with running(Settings(database_url=url, data_dir=data_dir, egress_allow=HERE)) as started:
        yield started


@pytest.fixture
async def owner(app: Running) -> Caller:
    """Somebody who may invite."""
    return await by_auth0(app, OWNER)


async def invited(owner: Caller, **policy: object) -> str:
    """The address of a new invitation."""
    answer = await owner.post(f"{CONSUMERS}/invitations", policy)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["url"])


async def opened(app: Running, address: str, lms: Lms, **query: str) -> httpx2.Response:
    """What an administrator's browser is shown when the LMS opens an invitation's address."""
    given = {"openid_configuration": f"{lms.home}{CONFIGURATION}", "registration_token": "a-token", **query}
    return await app.client.get(address, params=given)


async def platforms(owner: Caller) -> list[dict[str, Any]]:
    """The platforms that were kept."""
    return list((await owner.get(CONSUMERS)).json()["data"])


async def test_an_lms_registers_itself(app: Running, owner: Caller, lms: Lms) -> None:
    page = await opened(app, await invited(owner), lms)
    assert page.status_code == 200
    assert lms.asked == [f"GET {CONFIGURATION}", f"POST {REGISTRATION}"]
    assert [seen.headers["authorization"] for seen in lms.seen] == ["Bearer a-token"] * 2
    assert lms.seen[1].headers["content-type"] == "application/json"
    (kept,) = await platforms(owner)
    assert kept == {
        "id": kept["id"],
        "name": "127.0.0.1 (moodle)",
        "issuer": lms.home,
        "client_id": "tool-17",
        "auth_login_url": f"{lms.home}/auth",
        "auth_token_url": f"{lms.home}/token",
        "jwks_url": f"{lms.home}/certs",
        "deployment_ids": ["7"],
        "matching": "nothing",
        "creates_accounts": True,
        "is_active": True,
        "created_at": kept["created_at"],
    }
    # The LMS knows all there is to know, so its window closes by itself.
    assert CLOSE in page.text
    assert "<button" not in page.text


async def test_the_tool_tells_the_lms_what_the_standard_asks(app: Running, owner: Caller, lms: Lms) -> None:
    await opened(app, await invited(owner), lms)
    message = {"target_link_uri": f"{BASE}/callback", "label": "Kakehashi"}
    told = lms.told()
    assert told == {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{BASE}/login",
        "redirect_uris": [f"{BASE}/callback"],
        "client_name": "Kakehashi",
        "jwks_uri": f"{BASE}/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": f"{AGS}/lineitem {AGS}/score {AGS}/result.readonly {NRPS}",
        TOOL: {
            "domain": "kakehashi.test",
            "description": told[TOOL]["description"],
            "target_link_uri": f"{BASE}/callback",
            "claims": ["iss", "sub", "name", "given_name", "family_name", "locale"],
            "messages": [
                {"type": "LtiResourceLinkRequest", **message},
                {"type": "LtiDeepLinkingRequest", **message, "placements": ["ContentArea"]},
            ],
            "https://canvas.instructure.com/lti/privacy_level": "name_only",
        },
    }


@pytest.mark.parametrize(
    ("policy", "claims", "privacy"),
    [
        ({"matching": "email"}, ["name", "given_name", "family_name", "locale", "email"], "public"),
        ({"matching": "email", "creates_accounts": False}, ["email"], "public"),
        ({"matching": "external_id", "creates_accounts": False}, [], "public"),
    ],
    ids=str,
)
async def test_no_more_is_asked_of_people_than_the_policy_needs(
    app: Running, owner: Caller, lms: Lms, policy: dict[str, Any], claims: list[str], privacy: str
) -> None:
    await opened(app, await invited(owner, **policy), lms)
    told = lms.told()[TOOL]
    assert told["claims"] == ["iss", "sub", *claims]
    assert told["https://canvas.instructure.com/lti/privacy_level"] == privacy
    (kept,) = await platforms(owner)
    assert {"creates_accounts": True, **policy}.items() <= kept.items()


async def test_without_a_deployment_the_platform_is_kept_and_the_page_says_to_add_it(
    app: Running, owner: Caller, lms: Lms
) -> None:
    lms.registration = {"client_id": "10000000000001"}
    page = await opened(app, await invited(owner), lms)
    assert page.status_code == 200
    assert "launches are refused until it is told" in page.text
    assert '<button type="button">Close / 閉じる</button>' in page.text
    (kept,) = await platforms(owner)
    assert kept["deployment_ids"] == []
    path, given = f"{CONSUMERS}/{kept['id']}", {"deployment_ids": ["7:abc"]}
    changed = await owner.client.put(path, json=given, headers=owner.to)
    assert changed.json()["data"]["deployment_ids"] == ["7:abc"]


@pytest.mark.parametrize(
    ("server", "audience"),
    [
        ("https://api.brightspace.com/auth/token", "https://api.brightspace.com/auth/token"),
        # Canvas names its bare host, and takes the token's address.
        ("canvas.instructure.com", None),
        (7, None),
        (None, None),
    ],
    ids=str,
)
async def test_an_authorization_server_with_an_address_of_its_own_is_whom_assertions_are_for(
    app: Running, owner: Caller, lms: Lms, server: object, audience: str | None
) -> None:
    lms.configuration["authorization_server"] = server
    assert (await opened(app, await invited(owner), lms)).status_code == 200
    async with app.database.writing() as transaction:
        assert (await transaction.execute(select(lti_platforms.c.token_audience))).scalar_one() == audience


async def test_what_an_lms_does_not_offer_is_neither_asked_for_nor_kept_from_the_administrator(
    app: Running, owner: Caller, lms: Lms
) -> None:
    lms.configuration["scopes_supported"] = ["openid"]
    lms.configuration[PLATFORM]["messages_supported"] = [{"type": "LtiResourceLinkRequest"}]
    page = await opened(app, await invited(owner), lms)
    assert page.status_code == 200
    for words in ("It takes no grades", "It gives no rosters", "It has no deep linking", "<button"):
        assert words in page.text
    assert lms.told()["scope"] == ""
    assert [one["type"] for one in lms.told()[TOOL]["messages"]] == ["LtiResourceLinkRequest"]


async def test_the_page_runs_its_one_script_and_nothing_else(app: Running, owner: Caller, lms: Lms) -> None:
    lms.configuration[PLATFORM]["product_family_code"] = "<script>alert(1)</script>"
    page = await opened(app, await invited(owner), lms)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    (nonce,) = re.findall(r'<script nonce="([^"]+)">', page.text)
    policy = page.headers["Content-Security-Policy"]
    assert policy == (
        f"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; script-src 'nonce-{nonce}'"
    )
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert nonce not in (await opened(app, await invited(owner), lms)).text


async def test_an_invitation_is_good_for_once(app: Running, owner: Caller, lms: Lms) -> None:
    address = await invited(owner)
    assert (await opened(app, address, lms)).status_code == 200
    lms.registration["client_id"] = "another"
    again = await opened(app, address, lms)
    assert (again.status_code, "was used already" in again.text) == (410, True)
    assert len(lms.seen) == 2
    assert [one["client_id"] for one in await platforms(owner)] == ["tool-17"]


async def test_of_two_who_use_an_invitation_at_once_one_does(app: Running, owner: Caller, lms: Lms) -> None:
    async with serving_lms() as other:
        lms.gate.clear()
        other.gate.clear()
        address = await invited(owner)
        both = [asyncio.create_task(opened(app, address, one)) for one in (lms, other)]
        while len(lms.seen) + len(other.seen) < 4:
            await asyncio.sleep(0.01)
        lms.gate.set()
        other.gate.set()
        assert sorted([page.status_code for page in await asyncio.gather(*both)]) == [200, 410]
    assert await count(app.database, lti_platforms) == 1


async def test_an_invitation_ends_after_seven_days_and_is_forgotten_later(
    app: Running, owner: Caller, lms: Lms
) -> None:
    address = await invited(owner)

    async def ends(at: datetime) -> None:
        async with app.database.writing() as transaction:
            await transaction.execute(update(lti_invitations).values(expires_at=at))

    await ends(datetime.now(UTC) - timedelta(seconds=1))
    late = await opened(app, address, lms)
    assert (late.status_code, "has ended" in late.text) == (410, True)
    entries = timetable(JobSettings(sealing_keys=(SEALING_KEY,)))
    (entry,) = [one for one in entries if one.name == "forget_lti_invitations"]
    assert await entry.work(app.database) == 0
    await ends(datetime.now(UTC) - timedelta(days=31))
    assert await entry.work(app.database) == 1
    unknown = await opened(app, address, lms)
    assert (unknown.status_code, "no such invitation" in unknown.text) == (404, True)
    assert (lms.seen, await platforms(owner)) == ([], [])


async def test_whoever_invited_must_be_one_who_may_still(app: Running, owner: Caller, lms: Lms) -> None:
    address = await invited(owner)
    async with app.database.writing() as transaction:
        mine = select(lti_invitations.c.owner_id)
        await transaction.execute(delete(memberships).where(memberships.c.staff_id.in_(mine)))
    page = await opened(app, address, lms)
    assert (page.status_code, lms.seen, await count(app.database, lti_platforms)) == (403, [], 0)


def changed(**values: object) -> dict[str, object]:
    """What is another in a configuration; None for what is not there."""
    return values


SUPPORTED = "_values_supported"
FAILURES: tuple[tuple[dict[str, Any], int, str], ...] = (
    (changed(issuer="http://localhost:1"), 400, "http://localhost:1"),
    (changed(issuer="nowhere"), 400, "nowhere"),
    (changed(issuer=None), 400, "issuer"),
    (changed(issuer=["a"]), 400, "issuer"),
    (changed(token_endpoint=None), 400, "token_endpoint"),
    (changed(token_endpoint="https://10.0.0.1/"), 400, "tokenUrl"),
    (changed(jwks_uri="ftp://127.0.0.1/"), 400, "jwksUrl"),
    (changed(authorization_endpoint="javascript:alert(1)"), 400, "authLoginUrl"),
    (changed(registration_endpoint=None), 400, "registration_endpoint"),
    (changed(registration_endpoint="https://10.0.0.1/"), 400, "may not be reached"),
    (changed(registration_endpoint="http://127.0.0.1:1/"), 502, "ConnectError"),
    (changed(response_types_supported=["code"]), 400, "response_types_supported: id_token"),
    (changed(**{f"id_token_signing_alg{SUPPORTED}": ["ES256"]}), 400, "RS256"),
    (changed(**{f"id_token_signing_alg{SUPPORTED}": None}), 400, "RS256"),
    (changed(token_endpoint_auth_methods_supported=["client_secret_basic"]), 400, "private_key_jwt"),
    (changed(**{f"token_endpoint_auth_signing_alg{SUPPORTED}": "RS256"}), 400, "RS256"),
    (changed(**{PLATFORM: None}), 400, "LtiResourceLinkRequest"),
    (changed(**{PLATFORM: {"messages_supported": [{"type": "LtiDeepLinkingRequest"}, 5]}}), 400, "LtiResourceLink"),
)


@pytest.mark.parametrize(("values", "status", "words"), FAILURES, ids=str)
async def test_a_configuration_that_does_not_fit_is_refused_and_the_invitation_stays(
    app: Running, owner: Caller, lms: Lms, values: dict[str, Any], status: int, words: str
) -> None:
    address, good = await invited(owner), lms.configuration
    lms.configuration = {name: value for name, value in {**good, **values}.items() if value is not None}
    page = await opened(app, address, lms)
    assert (page.status_code, words in page.text, "<script" in page.text) == (status, True, False)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert lms.asked == [f"GET {CONFIGURATION}"]
    assert await platforms(owner) == []
    lms.configuration = good
    assert (await opened(app, address, lms)).status_code == 200


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ({"configuration_status": 404}, 502),
        ({"configuration_status": 302}, 502),
        ({"configuration_status": 0}, 502),
        ({"configuration": ["no", "object"]}, 502),
        ({"configuration": {"issuer": "x" * 300_000}}, 502),
        ({"registration_status": 400}, 502),
        ({"registration_status": 0}, 502),
        ({"registration": []}, 502),
        ({"registration": {"client_id": 17}}, 400),
        ({"registration": {"client_id": "é"}}, 400),
        ({"registration": {"client_id": "a\u0000b"}}, 400),
        ({"registration": {"client_id": "tool-17", TOOL: {"deployment_id": "x" * 256}}}, 400),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_an_answer_that_is_none_is_a_page_and_keeps_nothing(
    app: Running, owner: Caller, lms: Lms, answers: dict[str, Any], status: int
) -> None:
    address = await invited(owner)
    good = {name: getattr(lms, name) for name in answers}
    for name, value in answers.items():
        setattr(lms, name, value)
    page = await opened(app, address, lms)
    assert (page.status_code, "Not registered" in page.text, await platforms(owner)) == (status, True, [])
    for name, value in good.items():
        setattr(lms, name, value)
    assert (await opened(app, address, lms)).status_code == 200


async def test_a_platform_that_is_known_is_not_registered_twice(app: Running, owner: Caller, lms: Lms) -> None:
    await opened(app, await invited(owner), lms)
    address = await invited(owner)
    page = await opened(app, address, lms)
    assert (page.status_code, "registered here already" in page.text) == (409, True)
    lms.registration["client_id"] = "another"
    assert (await opened(app, address, lms)).status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"openid_configuration": ""}, 400),
        ({"openid_configuration": "https://10.0.0.1/openid-configuration"}, 400),
        ({"openid_configuration": "file:///etc/passwd"}, 400),
        ({"openid_configuration": "http://169.254.169.254/latest/meta-data"}, 400),
        ({"registration_token": "a\r\nX: y"}, 400),
        ({"registration_token": "é"}, 400),
        ({"registration_token": "x" * 5000}, 400),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_an_address_is_opened_with_is_looked_at(
    app: Running, owner: Caller, lms: Lms, query: dict[str, str], status: int
) -> None:
    page = await opened(app, await invited(owner), lms, **query)
    assert (page.status_code, lms.seen, await platforms(owner)) == (status, [], [])


async def test_without_a_registration_token_none_is_sent(app: Running, owner: Caller, lms: Lms) -> None:
    assert (await opened(app, await invited(owner), lms, registration_token="")).status_code == 200
    assert ["authorization" in seen.headers for seen in lms.seen] == [False, False]


async def test_who_only_looks_registers_nothing(app: Running, owner: Caller, lms: Lms) -> None:
    address = await invited(owner)
    given = {"openid_configuration": f"{lms.home}{CONFIGURATION}"}
    looked = await app.client.head(address, params=given)
    posted = await app.client.post(address, params=given)
    assert (looked.status_code, posted.status_code, posted.headers["Allow"]) == (204, 405, "GET, HEAD")
    assert (lms.seen, await platforms(owner)) == ([], [])


async def test_nothing_is_registered_in_maintenance_or_by_who_asks_too_often(
    app: Running, owner: Caller, lms: Lms
) -> None:
    address = await invited(owner)
    async with app.database.writing() as transaction:
        await set_maintenance(transaction, enabled=True, message="休止中", now=datetime.now(UTC))
    page = await opened(app, address, lms)
    assert (page.status_code, page.headers["Retry-After"], "休止中" in page.text) == (503, "300", True)
    given = {"openid_configuration": f"{lms.home}{CONFIGURATION}"}
    async with calling_from(app, "198.51.100.9") as client:
        statuses = [(await client.get(f"{BASE}/register/none", params=given)).status_code for _ in range(150)]
    assert set(statuses) == {503, 429}
    assert (lms.seen, await count(app.database, lti_platforms)) == ([], 0)
