"""Where this server is for identity providers: as a relying party of OpenID Connect, and as SAML's service provider."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """The addresses. `base` is what everything lies below: `{home}{prefix}/sso`."""

    base: str

    @property
    def redirect_uri(self) -> str:
        """Where OpenID providers send people back: the only redirect URI, the same for all organizations."""
        return f"{self.base}/callback"

    @property
    def acs_url(self) -> str:
        """Where SAML's responses are posted to: the assertion consumer service."""
        return f"{self.base}/saml/acs"

    @property
    def session_url(self) -> str:
        """Where a code is changed for a session."""
        return f"{self.base}/session"

    def start_url(self, organization_id: int) -> str:
        """Where people of an organization begin to sign in."""
        return f"{self.base}/{organization_id}/start"

    def entity_id(self, organization_id: int) -> str:
        """How SAML calls this server for an organization, which is also where its metadata is."""
        return f"{self.base}/{organization_id}/metadata"
