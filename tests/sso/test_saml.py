"""Tests of signing in by SAML 2.0: what is asked, what is taken, and what is refused and changes nothing."""

import base64
import copy
import zlib
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from lxml import etree

from db.sso.tables import sso_assertions, sso_people
from tests.conftest import BASE
from tests.lti.visiting import Browser, words_in
from tests.sso.coming import Coming, Login
from tests.sso.saml import DS, SAML, SAMLP, SIGN_ON, Answer, posted, sign_in

ACS = f"{BASE}/api/sso/saml/acs"
ME = "{ viewer { roles account { name } } }"
EVIL = "admin@school.example.jp"


@pytest.fixture(scope="module", autouse=True)
async def set_up(coming: Coming) -> None:
    await coming.speak_saml("saml-1", "saml-2")


def answer_to(coming: Coming, login: Login, **changes: Any) -> Answer:
    """A good response to a login, but for what is changed."""
    unique = f"_{login.nonce[-8:]}"
    return replace(Answer(login.nonce, coming.entity, ACS, assertion_id=unique), **changes)


async def bring(browser: Browser, login: Login, response: str) -> httpx2.Response:
    """Bring a response back, as the identity provider has the browser do it."""
    return await browser.post("/api/sso/saml/acs", {"RelayState": login.state, "SAMLResponse": response})


@pytest.mark.parametrize("where", ["assertion", "response", "both"])
async def test_a_teacher_signs_in_whatever_is_signed(coming: Coming, browser: Browser, where: str) -> None:
    login = await coming.begin(browser)
    answer = answer_to(coming, login, subject=f"person {where}")
    signed = await coming.session(await bring(browser, login, answer.signed(where=where)))
    assert await signed.data(ME) == {"viewer": {"roles": ["COACH"], "account": {"name": "山田 花子"}}}
    assert [one.email for one in await coming.all(sso_people, subject=f"person {where}")] == [
        "hanako@school.example.jp"
    ]


async def test_what_is_asked_names_us_and_where_to_answer(coming: Coming, browser: Browser) -> None:
    login = await coming.begin(browser)
    assert login.address.startswith(f"{SIGN_ON}&SAMLRequest=")
    request = etree.fromstring(raw_request(login))
    told = {name: request.get(name) for name in ("AssertionConsumerServiceURL", "ProtocolBinding", "Version")}
    assert told == {
        "AssertionConsumerServiceURL": ACS,
        "ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        "Version": "2.0",
    }
    assert request.findtext(f"{{{SAML}}}Issuer") == coming.entity
    (cookie,) = browser.last_set
    assert "; Path=/api/sso; Secure; HttpOnly; SameSite=None" in cookie
    ours = await coming.running.client.get(coming.entity)
    assert ours.headers["content-type"] == "application/samlmetadata+xml"
    root = etree.fromstring(ours.content)
    (service,) = root.iter("{urn:oasis:names:tc:SAML:2.0:metadata}AssertionConsumerService")
    assert (root.get("entityID"), service.get("Location")) == (coming.entity, ACS)


async def test_either_key_signs_while_one_takes_the_place_of_the_other(coming: Coming, browser: Browser) -> None:
    login = await coming.begin(browser)
    assert (await bring(browser, login, answer_to(coming, login).signed("saml-2"))).status_code == 303


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"begins_s": -900, "lasts_s": -300}, "too old"),
    "not valid yet": ({"begins_s": 300, "lasts_s": 900}, "too old or of the future"),
    "confirmed for a time that is over": ({"confirmed_s": -300}, "too old"),
    "for another audience": ({"audience": f"{BASE}/api/sso/1/metadata"}, "somebody else (Audience)"),
    "for another recipient": ({"recipient": "https://sp.example.com/acs"}, "somebody else (Recipient)"),
    "for another destination": ({"destination": "https://sp.example.com/acs"}, "somebody else (Destination)"),
    "to another request": ({"request_id": "_other"}, "does not belong to this login"),
    "that says that it answers another": ({"response_to": "_other"}, "does not belong to this login"),
    "of another identity provider": ({"issuer": "https://idp.example.com"}, "another identity provider"),
    "that no bearer confirms": (
        {"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"},
        "else (Recipient)",
    ),
    "confirmed twice": ({"twice": "SubjectConfirmation"}, "not signed as it should be"),
    "for two who confirm": ({"twice": "SubjectConfirmationData"}, "not signed as it should be"),
    "with conditions twice": ({"twice": "Conditions"}, "not signed as it should be"),
    "that is none": (
        {"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"},
        "did not let you in (Responder)",
    ),
    "without an address": ({"attributes": {"groups": ["teachers"]}}, "does not say who you are (email)"),
    "with an address of another domain": ({"attributes": {"email": ["a@evil.example"]}}, "none of this school's"),
    "without a role": (
        {"subject": "nobody", "attributes": {"email": ["a@school.example.jp"]}},
        "no role here",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_response_that_is_not_for_us_now_is_refused(coming: Coming, browser: Browser, case: str) -> None:
    changes, words = REFUSED[case]
    before, login = await coming.kept(), await coming.begin(browser)
    for where in ("assertion", "response"):
        answer = await bring(browser, login, answer_to(coming, login, **changes).signed(where=where))
        assert words in words_in(answer), words_in(answer)
        assert answer.status_code in (400, 401, 403)
        login = await coming.begin(browser)
    assert await coming.kept() == before


def unsigned(root: Any) -> bytes:
    """What nobody signed."""
    return bytes(etree.tostring(root))


def by_a_stranger(root: Any) -> bytes:
    """Signed by a key that is not in the metadata, whose certificate comes along."""
    return sign_in(etree.tostring(root), "assertion", "stranger")


def changed(root: Any) -> bytes:
    """Signed, and another address written into it afterwards."""
    return sign_in(etree.tostring(root), "assertion", "saml-1").replace(b"hanako@", b"admin@")


def in_the_name_only(root: Any) -> bytes:
    """Signed, and another subject written into it afterwards."""
    return sign_in(etree.tostring(root), "response", "saml-1").replace(b"person-1", b"person-2")


def signed_response(root: Any) -> Any:
    """A signed response, as a tree: what attackers begin with."""
    return etree.fromstring(sign_in(etree.tostring(root), "assertion", "saml-1"))


def evil_of(assertion: Any, id_: str = "_evil") -> Any:
    """An assertion like a signed one, about somebody else and without its signature."""
    evil = copy.deepcopy(assertion)
    for signature in evil.findall(f"{{{DS}}}Signature"):
        evil.remove(signature)
    evil.set("ID", id_)
    for value in evil.iter(f"{{{SAML}}}AttributeValue"):
        value.text = (value.text or "").replace("hanako@school.example.jp", EVIL)
    return evil


def beside_first(root: Any) -> bytes:
    """XSW: an evil assertion before the signed one."""
    tree = signed_response(root)
    good = tree.find(f"{{{SAML}}}Assertion")
    good.addprevious(evil_of(good))
    return bytes(etree.tostring(tree))


def beside_last(root: Any) -> bytes:
    """XSW: an evil assertion behind the signed one."""
    tree = signed_response(root)
    good = tree.find(f"{{{SAML}}}Assertion")
    good.addnext(evil_of(good))
    return bytes(etree.tostring(tree))


def around(root: Any) -> bytes:
    """XSW: the signed assertion inside of an evil one."""
    tree = signed_response(root)
    good = tree.find(f"{{{SAML}}}Assertion")
    evil = evil_of(good)
    tree.replace(good, evil)
    evil.append(good)
    return bytes(etree.tostring(tree))


def around_with_its_id(root: Any) -> bytes:
    """XSW: the same, where both have one ID."""
    tree = signed_response(root)
    good = tree.find(f"{{{SAML}}}Assertion")
    evil = evil_of(good, good.get("ID"))
    tree.replace(good, evil)
    evil.append(good)
    return bytes(etree.tostring(tree))


def in_the_signature(root: Any) -> bytes:
    """XSW: the evil assertion has the signature, and the signed one lies in an object of that."""
    tree = signed_response(root)
    good = tree.find(f"{{{SAML}}}Assertion")
    signature = good.find(f"{{{DS}}}Signature")
    evil = evil_of(good)
    tree.replace(good, evil)
    good.remove(signature)
    evil.insert(1, signature)
    etree.SubElement(signature, f"{{{DS}}}Object").append(good)
    return bytes(etree.tostring(tree))


def in_extensions(root: Any) -> bytes:
    """XSW: the signed assertion lies in the extensions of the response."""
    tree = signed_response(root)
    good = tree.find(f"{{{SAML}}}Assertion")
    tree.replace(good, evil_of(good))
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    extensions.append(good)
    tree.insert(1, extensions)
    return bytes(etree.tostring(tree))


def response_in_response(root: Any) -> bytes:
    """XSW: a whole signed response inside of an evil one."""
    tree = etree.fromstring(sign_in(etree.tostring(root), "response", "saml-1"))
    evil = copy.deepcopy(tree)
    evil.set("ID", "_evil-response")
    for signature in evil.findall(f"{{{DS}}}Signature"):
        evil.remove(signature)
    good = evil.find(f"{{{SAML}}}Assertion")
    evil.replace(good, evil_of(good))
    evil.append(tree)
    return bytes(etree.tostring(evil))


def with_a_comment(root: Any) -> bytes:
    """A comment that parts the subject for one reader and not for another."""
    signed = sign_in(etree.tostring(root), "assertion", "saml-1")
    return signed.replace(b"hanako@school.example.jp", b"admin@school.example.jp<!---->.evil.example")


def with_a_doctype(root: Any) -> bytes:
    """A DTD, with an entity."""
    signed = sign_in(etree.tostring(root), "assertion", "saml-1")
    return b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + signed


def with_many_entities(root: Any) -> bytes:
    """A billion laughs."""
    text = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return text + bytes(etree.tostring(root)).replace(b"person-1", b"&b;")


def by_sha1(root: Any) -> bytes:
    """The name of a broken method where the good one stands."""
    signed = sign_in(etree.tostring(root), "assertion", "saml-1")
    return signed.replace(b"2001/04/xmldsig-more#rsa-sha256", b"2000/09/xmldsig#rsa-sha1")


def encrypted(root: Any) -> bytes:
    """An encrypted assertion beside the signed one."""
    tree = signed_response(root)
    etree.SubElement(tree, f"{{{SAML}}}EncryptedAssertion")
    return bytes(etree.tostring(tree))


ATTACKS = (
    *(unsigned, by_a_stranger, changed, in_the_name_only, beside_first, beside_last, around, around_with_its_id),
    *(in_the_signature, in_extensions, response_in_response, with_a_comment, with_a_doctype, with_many_entities),
    *(by_sha1, encrypted),
)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.__name__)
async def test_what_was_not_signed_as_it_is_read_lets_nobody_in(coming: Coming, browser: Browser, attack: Any) -> None:
    before, login = await coming.kept(), await coming.begin(browser)
    # The other tests let the same person in by the same response: it is refused for nothing but the attack.
    root = answer_to(coming, login).tree()
    answer = await bring(browser, login, posted(attack(root)))
    assert answer.status_code == 401, answer.text
    assert any(words in words_in(answer) for words in ("not signed as it should be", "no response of SAML"))
    assert await coming.kept() == before
    assert [one for one in await coming.all(sso_people) if one.email != "hanako@school.example.jp"] == []


async def test_what_is_no_response_at_all_is_refused(coming: Coming, browser: Browser) -> None:
    root = Answer("_1", coming.entity, ACS).tree()
    large = etree.SubElement(root, f"{{{SAMLP}}}Extensions")
    large.text = "a" * 120_000
    for sent, words in (
        ("%%%", "no response of SAML"),
        (base64.b64encode(b"<a/>").decode(), "no response of SAML"),
        (base64.b64encode(b"<a").decode(), "no response of SAML"),
        (posted(etree.tostring(root)), "cannot be read"),
        ("", "did not send SAMLResponse"),
    ):
        login = await coming.begin(browser)
        answer = await bring(browser, login, sent)
        assert words in words_in(answer), words_in(answer)


async def test_an_assertion_is_used_once_whatever_login_it_comes_with(coming: Coming, browser: Browser) -> None:
    first = await coming.begin(browser)
    response = answer_to(coming, first, assertion_id="_used-once").signed()
    cookies = dict(browser.cookies)
    assert (await bring(browser, first, response)).status_code == 303
    browser.cookies = dict(cookies)
    assert "used already" in words_in(await bring(browser, first, response))
    second = await coming.begin(browser)
    assert "does not belong to this login" in words_in(await bring(browser, second, response))
    third = await coming.begin(browser)
    again = answer_to(coming, third, assertion_id="_used-once").signed()
    assert "was used already" in words_in(await bring(browser, third, again))
    kept = await coming.all(sso_assertions)
    assert len({one.digest for one in kept}) == len(kept)


async def test_a_response_comes_back_in_the_browser_that_began(coming: Coming, browser: Browser) -> None:
    login = await coming.begin(browser)
    response = answer_to(coming, login).signed()
    async with coming.browsing() as other:
        assert "another browser" in words_in(await bring(other, login, response))
    assert (await bring(browser, login, response)).status_code == 303


async def test_another_organizations_identity_provider_speaks_for_its_own_people_alone(
    coming: Coming, browser: Browser
) -> None:
    """A response that is good for one organization, brought to a login of another one."""
    login = await coming.begin(browser)
    theirs = replace(answer_to(coming, login), audience=f"{BASE}/api/sso/999/metadata")
    assert "somebody else (Audience)" in words_in(await bring(browser, login, theirs.signed()))
    login = await coming.begin(browser)
    # Its own key, in the name of ours.
    assert "not signed as it should be" in words_in(
        await bring(browser, login, answer_to(coming, login).signed("other"))
    )


def raw_request(login: Login) -> bytes:
    """The XML of a request."""
    return zlib.decompress(base64.b64decode(login.asked["SAMLRequest"]), -15)
