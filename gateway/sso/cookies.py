"""The cookie by which a browser shows that it is the one that began a login."""

from urllib.parse import urlsplit

from starlette.responses import Response

from gateway import cookies
from resolvers.service_provider import ServiceProvider
from resolvers.sso.logins import LASTS_S, OIDC


def keep(response: Response, provider: ServiceProvider, key: str, secret: str, protocol: str) -> None:
    """Have the browser keep the secret of a login for as long as the login lasts.

    OpenID providers send people back by a link; SAML's responses are forms of another site, and bring none but `None`.
    """
    add(response, provider, f"{key}={secret}", LASTS_S, "Lax" if protocol == OIDC else "None")


def forget(response: Response, provider: ServiceProvider, key: str) -> None:
    """Have the browser forget it: its login is used."""
    add(response, provider, f"{key}=", 0, "None")


def add(response: Response, provider: ServiceProvider, pair: str, lasts_s: int, site: str) -> None:
    """A cookie for the addresses of single sign-on."""
    cookies.add(response, pair, path=urlsplit(provider.base).path, lasts_s=lasts_s, site=site)
