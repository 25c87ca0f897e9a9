"""Which members of a key set may verify access tokens."""

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from gateway.auth.jwks_document import JwksUnusable, signature_keys
from tests.gateway.auth.crafting import encoded, jwk, private_key


def keys_of(*members: object) -> dict[str, RSAPublicKey]:
    return signature_keys(orjson.dumps({"keys": list(members)}))


def test_an_rsa_signature_key_is_taken_under_its_kid() -> None:
    assert keys_of(jwk("first"), jwk("second")) == {
        "first": private_key("first").public_key(),
        "second": private_key("second").public_key(),
    }


def test_use_and_alg_may_be_absent() -> None:
    assert set(keys_of(jwk("first", use=None, alg=None))) == {"first"}


UNUSABLE = {
    "another type": jwk("second", kty="EC"),
    "a secret": {"kty": "oct", "kid": "second", "k": "c2VjcmV0"},
    "for encryption": jwk("second", use="enc"),
    "another algorithm": jwk("second", alg="RS512"),
    "1024 bits": jwk("small", kid="second", bits=1024),
    "no kid": {member: value for member, value in jwk("second").items() if member != "kid"},
    "kid is a path": jwk("second", kid="../../x"),
    "kid of 129 characters": jwk("second", kid="k" * 129),
    "kid with a line feed at its end": jwk("second", kid="second\n"),
    "kid is a number": jwk("second") | {"kid": 2},
    "no modulus": jwk("second", n=None),
    "empty modulus": jwk("second", n=""),
    "modulus is a number": jwk("second", n=5),
    "exponent 1": jwk("second", e="AQ"),
    "even exponent": jwk("second", e=encoded(b"\x02")),
    "exponent is a list": jwk("second", e=["AQAB"]),
    "not an object": "second",
    "null": None,
}


@pytest.mark.parametrize("member", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_member_is_passed_over_and_alone_makes_the_set_unusable(member: object) -> None:
    assert keys_of(member, jwk("first")) == {"first": private_key("first").public_key()}
    with pytest.raises(JwksUnusable):
        keys_of(member)


def test_a_private_key_in_the_set_is_taken_as_its_public_half() -> None:
    (key,) = keys_of(jwk("first", d="AQAB", p="AQAB")).values()
    assert isinstance(key, RSAPublicKey)


def test_of_two_keys_with_one_kid_the_first_is_taken() -> None:
    assert keys_of(jwk("first", kid="same"), jwk("second", kid="same")) == {"same": private_key("first").public_key()}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b"", "not JSON"),
        (b"<!doctype html><title>Sign in</title>", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "list named keys"),
        (b"{}", "list named keys"),
        (b'{"keys": {}}', "list named keys"),
        (b'{"keys": []}', "no RSA key"),
    ],
)
def test_what_is_not_a_key_set_is_refused_with_the_reason(document: bytes, problem: str) -> None:
    with pytest.raises(JwksUnusable, match=problem):
        signature_keys(document)
