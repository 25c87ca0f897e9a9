"""Single sign-on that the shared database has beside the demo: the owner's organization signs in by SAML."""

from tests.sso.saml import metadata
from tests.talktiko.asking import OWNER, Api

ORGANIZATION = 2001
SSO = f"/institutions/{ORGANIZATION}/sso"
SETTINGS = {
    "domains": ["school.example.jp"],
    "return_url": "https://app.school.example.jp/signed-in",
    "role_attribute": "groups",
    "roles": [{"value": "teachers", "role": "homeroom_teacher"}],
    "default_role": "student",
    "email_attribute": "mail",
}


async def sign_on(api: Api) -> None:
    """Have people of the organization sign in by an identity provider that nobody asks."""
    told = {**SETTINGS, "metadata_xml": metadata("saml-1")}
    answer = await api.ask("PUT", SSO, uid=OWNER, json={"protocol": "saml", "settings": told, "enabled": True})
    assert answer.status_code == 200, answer.text
