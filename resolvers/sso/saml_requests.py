"""What a SAML identity provider is asked, by HTTP-Redirect (SAML 2.0 Bindings, 3.4), and our own metadata.

Requests are not signed: nothing in one is believed, and the answer goes to the registered address alone. Identity
providers that want signed ones are refused when they are set up.
"""

from xml.sax.saxutils import escape, quoteattr

from minisaml.request import get_request_redirect_url

from db.sso.logins import Configuration
from resolvers.service_provider import ServiceProvider

METADATA, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:metadata", "urn:oasis:names:tc:SAML:2.0:protocol"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
NAME_FORMATS = (
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
)


def address(configuration: Configuration, provider: ServiceProvider, state: str, request_id: str) -> str:
    """The single sign-on service, with a request whose ID the response has to name."""
    found: str = get_request_redirect_url(
        saml_endpoint=configuration.sign_on_url,
        expected_audience=provider.entity_id(configuration.organization_id),
        acs_url=provider.acs_url,
        request_id=request_id,
        relay_state=state,
    )
    return found


def metadata(provider: ServiceProvider, organization_id: int) -> str:
    """Our metadata for an organization's identity provider (SAML 2.0 Metadata, 2.4.4)."""
    formats = "".join(f"<md:NameIDFormat>{escape(one)}</md:NameIDFormat>" for one in NAME_FORMATS)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<md:EntityDescriptor xmlns:md="{METADATA}" entityID={quoteattr(provider.entity_id(organization_id))}>'
        f'<md:SPSSODescriptor protocolSupportEnumeration="{PROTOCOL}" AuthnRequestsSigned="false"'
        f' WantAssertionsSigned="true">{formats}'
        f'<md:AssertionConsumerService Binding="{POST}" Location={quoteattr(provider.acs_url)} index="0"'
        ' isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>'
    )
