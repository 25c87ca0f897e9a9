"""The text of an API token: Sanctum's form, which PHP reads as we do, and every other spelling, which nobody reads."""

import json
import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth.bearer import bearer_token
from gateway.auth.opaque import presented
from gateway.auth.refusals import InvalidToken
from resolvers.api_tokens import ALPHANUMERIC, PREFIX, Presented, checksum, digest_of, is_secret, new_secret
from tests.accounts.calling import calling_from
from tests.conftest import Running
from tests.talktiko.php import needs_php, php

SANCTUM = re.compile(r"kakehashi_[A-Za-z0-9]{40}[0-9a-f]{8}")
ENTROPY = "abcdefghijKLMNOPQRST0123456789uvwxyzUVWX"
GOOD = f"{PREFIX}{ENTROPY}{checksum(ENTROPY)}"
OTHER = f"{PREFIX}{ENTROPY[::-1]}{checksum(ENTROPY[::-1])}"

# Sanctum 4: PersonalAccessToken::findToken hashes what follows the bar; generateTokenString appends crc32b.
OF_PHP = """
foreach (json_decode($argv[1]) as $token) {
    [$id, $secret] = explode('|', $token, 2);
    $entropy = substr($secret, strlen('kakehashi_'), 40);
    $found[] = [$id, hash('crc32b', $entropy), substr($secret, -8), hash('sha256', $secret)];
}
echo json_encode($found);
"""


def malformed() -> list[str]:
    """The good token in every spelling that is none."""
    swapped = [GOOD[:at] + ("A" if GOOD[at] != "A" else "B") + GOOD[at + 1 :] for at in range(len(PREFIX), len(GOOD))]
    assert len(swapped) == 48
    numbers = ["0", "00", "01", "007", "-1", "+1", "1.0", "1e3", "0x1", "1" * 19, "9" * 19, "9223372036854775808", ""]
    numbers += ["１", "٣", "1_0", "a", "1 ", "\t1", "1\t"]
    secrets = ["", PREFIX, ENTROPY, GOOD.removeprefix(PREFIX), GOOD[:-1], f"{GOOD}0", f"{GOOD}==", f"{GOOD}+"]
    secrets += [GOOD.upper(), GOOD[:-8] + GOOD[-8:].upper(), GOOD.replace("_", "-"), f"talktiko_{GOOD[len(PREFIX) :]}"]
    secrets += [f"Kakehashi_{GOOD[len(PREFIX) :]}", f" {GOOD}", f"{GOOD[:20]} {GOOD[20:]}", f"{GOOD[:-9]}+{GOOD[-8:]}"]
    secrets += [f"{GOOD[:20]}é{GOOD[21:]}", f"{GOOD[:20]}ａ{GOOD[21:]}", f"{GOOD[:20]}\x00{GOOD[21:]}", f"{GOOD}\x7f"]
    secrets += [GOOD[:-8] + "0" * 8, GOOD + GOOD, GOOD[:30] + GOOD[31:]]
    bars = [f"1||{GOOD}", f"|{GOOD}", f"1|{GOOD}|", f"1|{GOOD}|{GOOD}", f"1|2|{GOOD}", "|", "||", f"{GOOD}|1", "1|"]
    bars += [f"1%7C{GOOD}", f"1:{GOOD}", f"1{GOOD}", GOOD]
    return [
        *(f"1|{secret}" for secret in [*swapped, *secrets]),
        *(f"{number}|{GOOD}" for number in numbers),
        *bars,
    ]


def test_a_secret_has_sanctums_form() -> None:
    made = [new_secret() for _ in range(200)]
    assert len(set(made)) == 200
    assert [secret for secret in made if not SANCTUM.fullmatch(secret) or not is_secret(secret)] == []
    # 200 secrets of 40 letters each leave none of the 62 out, unless one is never chosen.
    assert {letter for secret in made for letter in secret[len(PREFIX) : -8]} == set(ALPHANUMERIC)


@needs_php
def test_php_computes_the_same_checksum_and_the_same_digest() -> None:
    tokens = [f"{number}|{new_secret()}" for number in range(1, 201)]
    found = json.loads(php(OF_PHP, json.dumps(tokens)))
    read = [presented(token.encode()) for token in tokens]
    assert [(int(id_), bytes.fromhex(digest)) for id_, _, _, digest in found] == [(t.id, t.digest) for t in read]
    assert [computed for _, computed, _, _ in found] == [written for _, _, written, _ in found]


@needs_php
def test_php_and_we_give_the_same_checksum_where_it_begins_with_zeros() -> None:
    zeros = "zero000000000000000000000000000001217985"
    texts = [zeros, "", "0", ENTROPY, "a" * 40]
    assert checksum(zeros) == "00000323"
    code = "foreach (json_decode($argv[1]) as $text) $all[] = hash('crc32b', $text); echo json_encode($all);"
    assert json.loads(php(code, json.dumps(texts))) == [checksum(text) for text in texts]


def test_only_the_sha_256_of_the_whole_secret_is_presented() -> None:
    assert presented(f"17|{GOOD}".encode()) == Presented(17, sha256(GOOD.encode()).digest())


@pytest.mark.parametrize("number", [1, 9, 10, 2**31, 2**53 + 1, 10**18 - 1])
def test_a_number_of_up_to_eighteen_digits_is_read(number: int) -> None:
    headers = [(b"authorization", f"Bearer {number}|{GOOD}".encode())]
    assert bearer_token(headers, b"") == Presented(number, digest_of(GOOD))


@given(st.text(ALPHANUMERIC, min_size=40, max_size=40), st.integers(0, 39), st.sampled_from(ALPHANUMERIC))
def test_no_single_wrong_letter_keeps_the_checksum_right(entropy: str, place: int, letter: str) -> None:
    wrong = entropy[:place] + letter + entropy[place + 1 :]
    assert (checksum(wrong) == checksum(entropy)) == (wrong == entropy)
    assert is_secret(f"{PREFIX}{wrong}{checksum(entropy)}") == (wrong == entropy)


@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_refused_and_never_break(credential: bytes) -> None:
    with pytest.raises(InvalidToken):
        presented(credential)


async def test_every_malformed_token_is_refused_and_asks_the_database_nothing(own: Running) -> None:
    known = own.database.statements
    heard: dict[str, tuple[int, str]] = {}
    for number, token in enumerate(malformed()):
        headers = [(b"Authorization", b"Bearer " + token.encode()), (b"Accept", b"application/json")]
        # Wrong tokens are counted by address, and these are more than one address may try in a minute.
        async with calling_from(own, f"192.0.2.{number}") as client:
            answer = await client.post("/graphql", headers=headers, json={"query": "{ viewer { uid } }"})
        heard[token] = (answer.status_code, answer.json()["errors"][0]["extensions"].get("reason"))
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert {token: said for token, said in heard.items() if said != (401, "token_malformed")} == {}
    assert len(heard) > 100
    assert own.database.statements == known


async def test_over_rest_a_malformed_token_is_unauthenticated(own: Running) -> None:
    known = own.database.statements
    for token in (f"1|{GOOD[:-1]}0", f"0|{GOOD}", f"01|{GOOD}", f"1|{GOOD}==", f"{GOOD}", "1|"):
        for path in ("/api/auth/me", "/api/v1/me"):
            answer = await own.client.get(path, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401, token
            assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert own.database.statements == known


async def test_a_right_checksum_of_an_unknown_token_is_refused_by_the_database(own: Running) -> None:
    known = own.database.statements
    for number in (1, 999_999, 10**18 - 1):
        headers = {"Authorization": f"Bearer {number}|{OTHER}"}
        answer = await own.client.get("/api/auth/me", headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
    assert own.database.statements == known + 3
