"""The development key: kept, shared by processes, and its tokens as good as Auth0's."""

import base64
import json
import multiprocessing
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.auth.development import FILE_NAME, DevelopmentKey, DevelopmentKeyUnreadable
from gateway.auth.jwks import KeySet
from gateway.auth.tokens import AccessTokens, Claims
from tests.gateway.auth.crafting import AUDIENCE, ISSUER, NOW, Clock, private_key


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentKey:
    return DevelopmentKey.load_or_create(tmp_path_factory.mktemp("development"))


def owner_token(key: DevelopmentKey, *, demo: bool = False) -> str:
    return key.token(
        "auth0|demo-owner-child",
        ["cram_school_owner"],
        demo=demo,
        issuer=ISSUER,
        audience=AUDIENCE,
        lifetime_s=604_800,
        now=NOW + 0.7,
    )


def part(token: str, index: int) -> object:
    segment = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))


def kid_of_the_key_in(folder: Path) -> str:
    return DevelopmentKey.load_or_create(folder).kid


def test_the_payload_has_the_members_of_auth0s_in_their_order(key: DevelopmentKey) -> None:
    payload = part(owner_token(key), 1)
    assert isinstance(payload, dict)
    assert list(payload.items()) == [
        ("https://admin2.s-diverse.com/", {"demo": False, "privileges": ["cram_school_owner"]}),
        ("iss", "https://stg-cram.us.auth0.com/"),
        ("sub", "auth0|demo-owner-child"),
        ("aud", ["diverse", "https://stg-cram.us.auth0.com/userinfo"]),
        ("iat", NOW),
        ("exp", NOW + 604_800),
        ("scope", "openid offline_access"),
        ("azp", "kakehashi-development"),
    ]


def test_the_header_names_rs256_and_the_key(key: DevelopmentKey) -> None:
    assert part(owner_token(key), 0) == {"alg": "RS256", "kid": key.kid, "typ": "JWT"}


@pytest.mark.parametrize("demo", [False, True])
async def test_its_tokens_verify_with_its_own_key_set(key: DevelopmentKey, demo: bool) -> None:
    tokens = AccessTokens(issuer=ISSUER, audience=AUDIENCE, keys=KeySet.fixed(key.jwks()), now=Clock(NOW))
    assert await tokens.claims(owner_token(key, demo=demo)) == Claims(
        uid="auth0|demo-owner-child",
        privileges=frozenset({"cram_school_owner"}),
        demo=demo,
        expires_at=NOW + 604_800,
    )


def test_the_key_set_shows_the_public_half_only(key: DevelopmentKey) -> None:
    (member,) = key.jwks()["keys"]
    assert set(member) == {"kty", "n", "e", "kid", "use", "alg"}


def test_the_key_is_kept_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    first = DevelopmentKey.load_or_create(folder)
    assert DevelopmentKey.load_or_create(folder).jwks() == first.jwks()
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600


def test_processes_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as processes:
        kids = list(processes.map(kid_of_the_key_in, [tmp_path] * 6))
    assert kids == [kid_of_the_key_in(tmp_path)] * 6
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "content",
    [b"", b"not a key", pem(ec.generate_private_key(ec.SECP256R1())), pem(private_key("small", 1024))],
    ids=["empty", "text", "elliptic", "1024 bits"],
)
def test_a_file_that_holds_no_such_key_is_named_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(DevelopmentKeyUnreadable, match="Delete it; the next start makes a new one") as refused:
        DevelopmentKey.load_or_create(tmp_path)
    assert str(path) in str(refused.value)
    assert path.read_bytes() == content
