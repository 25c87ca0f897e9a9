"""The addresses of single sign-on, as a list."""

from starlette.routing import BaseRoute, Route

from gateway.by_method import By
from gateway.settings import Settings
from gateway.sso.coming_back import callback, consumer
from gateway.sso.session import session
from gateway.sso.start import metadata, start


def sso_routes(settings: Settings) -> list[BaseRoute]:
    """Every address; an organization is named by its number, which never changes."""
    base = f"{settings.talktiko_prefix}/sso"
    return [
        Route(f"{base}/callback", By(GET=callback)),
        Route(f"{base}/saml/acs", By(POST=consumer)),
        Route(f"{base}/session", By(POST=session)),
        Route(f"{base}/{{organization:int}}/start", By(GET=start)),
        Route(f"{base}/{{organization:int}}/metadata", By(GET=metadata)),
    ]
