"""Credentials of endpoints: what is right, how they are sealed, and the header that they become."""

import base64
import json
import re
from dataclasses import dataclass

from resolvers.errors import Mistake
from resolvers.sealing import Sealer

BASIC, BEARER = "basic", "bearer"
FIELD = "credentials"
MOST, LONGEST_TOKEN = 255, 4096
# RFC 7617: a name has no colon, and neither has control characters. RFC 6750 says what a token may consist of.
USERNAME = re.compile(rf"[^:\x00-\x1f\x7f\ud800-\udfff]{{1,{MOST}}}")
PASSWORD = re.compile(rf"[^\x00-\x1f\x7f\ud800-\udfff]{{0,{MOST}}}")
TOKEN = re.compile(rf"[A-Za-z0-9\-._~+/]{{1,{LONGEST_TOKEN}}}=*")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was given; None where nothing was."""

    auth_type: str | None = None
    username: str | None = None
    password: str | None = None
    token: str | None = None

    @property
    def given(self) -> bool:
        """Whether there are any."""
        return (self.username, self.password, self.token) != (None, None, None)

    @property
    def kind(self) -> str:
        """How they are sent: as it was said, else a token as such, and everything else by the basic scheme."""
        return self.auth_type or (BASIC if self.token is None else BEARER)

    def mistakes(self) -> list[Mistake]:
        """What is wrong with them; none at all is right, for an LRS that asks for none."""
        if not self.given and self.auth_type is None:
            return []
        return self.bearer_mistakes() if self.kind == BEARER else self.basic_mistakes()

    def basic_mistakes(self) -> list[Mistake]:
        """A name and a password, and no token."""
        found = []
        if self.username is None or not USERNAME.fullmatch(self.username):
            message = f"The username must have from 1 to {MOST} characters, and no colon."
            found.append(Mistake((FIELD, "username"), "USERNAME_FORM", message))
        if self.password is None or not PASSWORD.fullmatch(self.password):
            message = f"The password is needed with a username, with up to {MOST} characters."
            found.append(Mistake((FIELD, "password"), "PASSWORD_FORM", message))
        if self.token is not None:
            found.append(Mistake((FIELD, "token"), "TOKEN_NOT_TAKEN", "A token needs the auth_type bearer."))
        return found

    def bearer_mistakes(self) -> list[Mistake]:
        """A token, and nothing else."""
        found = []
        if self.token is None or not TOKEN.fullmatch(self.token):
            message = f"The token is needed, with up to {LONGEST_TOKEN} letters, digits and -._~+/=."
            found.append(Mistake((FIELD, "token"), "TOKEN_FORM", message))
        for name, value in (("username", self.username), ("password", self.password)):
            if value is not None:
                found.append(
                    Mistake((FIELD, name), f"{name.upper()}_NOT_TAKEN", f"The {name} needs the auth_type basic.")
                )
        return found

    def values(self, sealer: Sealer) -> dict[str, object]:
        """The columns that they set; what is given takes the place of all that was."""
        told = [self.token] if self.kind == BEARER else [self.username, self.password]
        sealed = sealer.seal(json.dumps(told)) if self.given else None
        return {"auth_type": self.kind, "credentials": sealed, "has_credentials": sealed is not None}


def authorization(auth_type: str, sealed: bytes | None, sealer: Sealer) -> dict[str, str]:
    """The header that sealed credentials become; none without any. Raises WrongSeal."""
    if sealed is None:
        return {}
    parts = json.loads(sealer.opened(sealed))
    if auth_type == BEARER:
        return {"Authorization": f"Bearer {parts[0]}"}
    return {"Authorization": f"Basic {base64.b64encode(':'.join(parts).encode()).decode()}"}
