"""What the tool says of itself is signed: by whom it asks for access tokens, and what was chosen in a picker."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import jwt

from resolvers.lti.keys import SigningKey

LASTS = timedelta(minutes=5)


def signed(claims: Mapping[str, object], key: SigningKey, now: datetime) -> str:
    """Claims as a JWT that is signed by RS256, is issued now, lasts for five minutes, and has an id of its own."""
    issued = int(now.timestamp())
    times = {"iat": issued, "exp": issued + int(LASTS.total_seconds()), "jti": secrets.token_urlsafe(24)}
    return jwt.encode({**claims, **times}, key.private_pem, algorithm="RS256", headers={"kid": key.kid})
