"""Logins: a platform says that somebody wants to come, and we ask it who that is (Security Framework 1.0, 5.1.1).

State, nonce and the browser's secret are made here, and digests of them kept: whoever reads the database can use none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from db.connections.database import Database
from db.lti import logins as rows
from db.lti.logins import Login, Platform
from resolvers.digests import digest, is_among, new_secret
from resolvers.lti.reasons import Reason
from resolvers.tool import Addresses

LASTS_S = 600
ISSUER, CLIENT_ID, TARGET = "iss", "client_id", "target_link_uri"
LOGIN_HINT, MESSAGE_HINT, DEPLOYMENT = "login_hint", "lti_message_hint", "lti_deployment_id"
STORAGE_TARGET = "lti_storage_target"
NEEDED = (ISSUER, LOGIN_HINT, TARGET)
PARAMETERS = (*NEEDED, CLIENT_ID, MESSAGE_HINT, DEPLOYMENT, STORAGE_TARGET)
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Begun:
    """A login: where the browser goes now, and what it keeps until it comes back."""

    onward: str
    key: str
    secret: str
    # The platform's frame that keeps it too, and its origin; None where it offers none.
    storage_target: str | None
    origin: str


async def begin(database: Database, given: Mapping[str, str], tool: Addresses, home: str) -> Begun:
    """Begin a login with the parameters that a platform sent; a Refusal where that cannot be."""
    for name in NEEDED:
        if name not in given:
            raise Reason.PARAMETER_MISSING.refusal(name)
    if not lies_below(given[TARGET], home):
        raise Reason.TARGET_ELSEWHERE.refusal(TARGET)
    platform = await platform_of(database, given)
    state, nonce, secret = (new_secret() for _ in range(3))
    values = {
        "state_digest": digest(state),
        "nonce_digest": digest(nonce),
        "browser_digest": digest(secret),
        "platform_id": platform.id,
        "storage_target": given.get(STORAGE_TARGET),
        "parameters": dict(given),
    }
    async with database.writing() as transaction:
        await rows.add(transaction, values, lasts_s=LASTS_S)
    onward = asking(platform, given, tool.launch_url, state, nonce)
    return Begun(onward, key_of(state), secret, given.get(STORAGE_TARGET), origin_of(platform))


async def platform_of(database: Database, given: Mapping[str, str]) -> Platform:
    """The platform that begins a login; refused where none or more than one is meant, or it is switched off."""
    found = await rows.platforms_of(database, given[ISSUER], given.get(CLIENT_ID))
    if not found:
        raise Reason.PLATFORM_UNKNOWN.refusal()
    if len(found) > 1:
        raise Reason.CLIENT_ID_NEEDED.refusal(CLIENT_ID)
    if not found[0].is_active:
        raise Reason.PLATFORM_INACTIVE.refusal()
    return found[0]


def asking(platform: Platform, given: Mapping[str, str], redirect_uri: str, state: str, nonce: str) -> str:
    """The platform's address at which it is asked who that is (5.1.1.2), with whatever its own query says."""
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        LOGIN_HINT: given[LOGIN_HINT],
    }
    if MESSAGE_HINT in given:
        asked[MESSAGE_HINT] = given[MESSAGE_HINT]
    address = urlsplit(platform.auth_login_url)
    query = "&".join(part for part in (address.query, urlencode(asked)) if part)
    return urlunsplit(address._replace(query=query, fragment=""))


async def login_with(database: Database, state: str) -> Login:
    """The login that a state belongs to; refused for a state that is unknown, used or expired."""
    login = await rows.waiting(database, digest(state))
    if login is None:
        raise Reason.STATE_UNKNOWN.refusal()
    return login


async def consume(database: Database, login: Login) -> None:
    """Use a login, whatever comes of it; of two who try at once one is refused."""
    async with database.writing() as transaction:
        used = await rows.consume(transaction, login.id)
    if not used:
        raise Reason.STATE_UNKNOWN.refusal()


def is_of_browser(login: Login, told: Iterable[str | None]) -> bool:
    """Whether one of these is the secret of the browser in which the login began."""
    return is_among(login.browser_digest, told)


def again(login: Login, tool: Addresses) -> str:
    """The address that begins a login anew, in a window of its own: there it is no frame that keeps things."""
    kept = {name: login.parameters[name] for name in PARAMETERS if name in login.parameters}
    kept.pop(STORAGE_TARGET, None)
    return f"{tool.login_url}?{urlencode(kept)}"


def key_of(state: str) -> str:
    """Under which name a browser keeps the secret of a login: one for each, for several tabs may begin one at once."""
    return f"kakehashi_lti_{digest(state).hex()[:16]}"


def origin_of(platform: Platform) -> str:
    """The origin of a platform's authorization endpoint, as browsers write it: they leave out the scheme's own port."""
    address = urlsplit(platform.auth_login_url)
    host = f"[{address.hostname}]" if ":" in (address.hostname or "") else address.hostname
    port = "" if address.port in (None, PORTS.get(address.scheme)) else f":{address.port}"
    return f"{address.scheme}://{host}{port}"


def lies_below(url: str, home: str) -> bool:
    """Whether an address is one of this server's: nothing else is ever launched, and nobody sent anywhere else."""
    if any(character in url for character in "\\\t\r\n") or not url.isprintable():
        return False
    try:
        found, own = urlsplit(url), urlsplit(home)
        same = place(found.scheme, found.hostname, found.port) == place(own.scheme, own.hostname, own.port)
    except ValueError:
        return False
    if not same or found.username is not None or found.password is not None or ".." in found.path.split("/"):
        return False
    return found.path == own.path or found.path.startswith(f"{own.path.rstrip('/')}/")


def place(scheme: str, host: str | None, port: int | None) -> tuple[str, str | None, int | None]:
    """Where an address leads, however its port is written."""
    return scheme, host, port or PORTS.get(scheme)
