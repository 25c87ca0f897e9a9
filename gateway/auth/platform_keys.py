"""The keys of LTI platforms and of identity providers, kept at hand as those of our own issuer are."""

import asyncio
import re
from typing import Protocol

from gateway.auth.jwks import KeySet
from gateway.auth.jwks_fetch import published_at
from resolvers.egress.client import Egress

# Canvas calls its keys by the time of their making, 2018-06-18T22:33:20Z; whatever can be printed is a name.
KID = re.compile(r"[\x21-\x7e]{1,255}")
# A key that was changed between a login and its launch is found at once, a few times; then once in 30 seconds.
BURST = 4


class Publisher(Protocol):
    """Whoever publishes keys: a platform, or an identity provider."""

    @property
    def id(self) -> int:
        """Its number among its kind; whoever publishes at the same address publishes the same."""

    @property
    def jwks_url(self) -> str:
        """Where its keys are."""


class PlatformKeys:
    """A key set for each of those who signed in somebody. Belongs to one event loop; close it at the end."""

    def __init__(self, egress: Egress) -> None:
        self.egress = egress
        self.known: dict[tuple[int, str], KeySet] = {}

    def of(self, platform: Publisher) -> KeySet:
        """The keys of one of them; at another address they are others."""
        name = platform.id, platform.jwks_url
        if name not in self.known:
            self.known[name] = KeySet(published_at(platform.jwks_url, self.egress), burst=BURST, kids=KID)
        return self.known[name]

    async def aclose(self) -> None:
        """Stop what is being fetched."""
        await asyncio.gather(*[keys.aclose() for keys in self.known.values()])
