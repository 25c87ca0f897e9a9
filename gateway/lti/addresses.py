"""Where the tool is for others."""

from starlette.requests import Request
from starlette.types import Scope

from gateway.home import home_in, home_of
from gateway.parts import Parts
from gateway.settings import Settings
from resolvers.tool import Addresses

__all__ = ["addresses_in", "addresses_of", "home_of"]


def addresses_in(settings: Settings, scope: Scope) -> Addresses | None:
    """The addresses of the tool; None where the server has none."""
    home = home_in(settings, scope)
    return None if home is None else Addresses(f"{home}{settings.talktiko_prefix}/lti")


def addresses_of(request: Request) -> Addresses:
    """The addresses of the tool; raises NoHome where the server has none."""
    parts: Parts = request.app.state.parts
    return Addresses(f"{home_of(request)}{parts.settings.talktiko_prefix}/lti")
