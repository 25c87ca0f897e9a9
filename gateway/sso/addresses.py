"""Where this server is for identity providers."""

from starlette.requests import Request
from starlette.types import Scope

from gateway.home import home_in, home_of
from gateway.parts import Parts
from gateway.settings import Settings
from resolvers.service_provider import ServiceProvider


def provider_in(settings: Settings, scope: Scope) -> ServiceProvider | None:
    """The addresses for identity providers; None where the server has no public one."""
    home = home_in(settings, scope)
    return None if home is None else ServiceProvider(f"{home}{settings.talktiko_prefix}/sso")


def provider_of(request: Request) -> ServiceProvider:
    """The same; raises NoHome where the server has no public address."""
    parts: Parts = request.app.state.parts
    return ServiceProvider(f"{home_of(request)}{parts.settings.talktiko_prefix}/sso")
