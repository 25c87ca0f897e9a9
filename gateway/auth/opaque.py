"""Reads an API token, `{number}|{secret}`: what was mistyped is refused before anybody asks the database."""

import re

from gateway.auth.refusals import InvalidToken
from resolvers.api_tokens import Presented, digest_of, is_secret

BAR = b"|"
NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def presented(credential: bytes) -> Presented:
    """The token in a credential; InvalidToken where it has another form, or its checksum is wrong."""
    number, _, secret = credential.decode("latin-1").partition("|")
    if not NUMBER.fullmatch(number) or not is_secret(secret):
        raise InvalidToken("token_malformed", "The API token is not written as it was shown when it was made.")
    return Presented(int(number), digest_of(secret))
