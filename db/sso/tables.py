"""Tables of single sign-on: configurations, the domains they speak for, logins on their way, and whom they brought."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    false,
    true,
)

from db.base import Id, Key, Moment, metadata

PROTOCOLS = ("oidc", "saml")
# What somebody may be who comes by single sign-on; nobody becomes a system operator by it.
ROLES = ("student", "homeroom_teacher", "cram_school_clerk", "cram_school_owner")
# How a client secret is sent to the token endpoint (OpenID Connect Core 1.0, 9).
TOKEN_AUTHS = ("client_secret_basic", "client_secret_post")

sso_configurations = Table(
    "sso_configurations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organization_id", ForeignKey("organizations.id"), nullable=False, unique=True),
    Column("protocol", Text, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=false()),
    # Mail domains of its people, as they were told; that each is one organization's only, sso_domains holds.
    Column("domains", JSON, nullable=False),
    # Where browsers go after signing in, with a code; without it a plain page shows the code.
    Column("return_url", Text),
    Column("creates_accounts", Boolean, nullable=False, server_default=true()),
    # Whether people of these domains may no longer sign in with a password. Owners always may.
    Column("enforced", Boolean, nullable=False, server_default=false()),
    # Which claim or attribute says the role, what its values mean, and what everybody else is (NULL: refused).
    Column("role_attribute", Text),
    Column("role_mapping", JSON, nullable=False),
    Column("default_role", Text),
    # Of SAML: which attribute is the mail address, where it is none of the usual ones.
    Column("email_attribute", Text),
    # OIDC's issuer, or SAML's entity ID.
    Column("issuer", Key),
    # Where browsers are sent: the authorization endpoint, or the single sign-on service.
    Column("sign_on_url", Text),
    Column("token_url", Text),
    Column("jwks_url", Text),
    Column("token_auth", Text, nullable=False, server_default="client_secret_basic"),
    Column("client_id", Text),
    # Sealed.
    Column("client_secret", LargeBinary),
    Column("has_client_secret", Boolean, nullable=False, server_default=false()),
    # Where SAML's metadata is fetched; without it, it was given as a text.
    Column("metadata_url", Text),
    # The certificates as they are shown, and as they are used (PEM).
    Column("certificates", JSON, nullable=False),
    Column("certificate_pems", JSON, nullable=False),
    # When the identity provider was last found to be as it must be.
    Column("checked_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint(f"protocol in {PROTOCOLS}", name="protocol"),
    CheckConstraint(f"default_role in {ROLES}", name="default_role"),
    CheckConstraint(f"token_auth in {TOKEN_AUTHS}", name="token_auth"),
    CheckConstraint("not enabled or checked_at is not null", name="enabled"),
    CheckConstraint("has_client_secret = (client_secret is not null)", name="client_secret"),
    # SQLite would give the number of a removed configuration again.
    sqlite_autoincrement=True,
)

# A mail domain is one organization's only.
sso_domains = Table(
    "sso_domains",
    metadata,
    Column("domain", Key, primary_key=True),
    Column("configuration_id", ForeignKey("sso_configurations.id", ondelete="CASCADE"), nullable=False),
    Index(None, "configuration_id"),
)

# A login that began here, until it comes back; state, nonce and browser are digests (SHA-256), each used once.
sso_logins = Table(
    "sso_logins",
    metadata,
    Column("id", Id, primary_key=True),
    Column("configuration_id", ForeignKey("sso_configurations.id", ondelete="CASCADE"), nullable=False),
    # The state, which SAML calls RelayState.
    Column("state_digest", LargeBinary, nullable=False, unique=True),
    # The nonce, or the ID of SAML's request.
    Column("nonce_digest", LargeBinary, nullable=False, unique=True),
    Column("browser_digest", LargeBinary, nullable=False),
    # What the page that began it wants to be told when the browser comes back there.
    Column("page_state", Text),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("consumed_at", Moment),
    # Who came, and the code that is changed for a session, once.
    Column("user_id", ForeignKey("users.id")),
    Column("code_digest", LargeBinary, unique=True),
    Column("code_expires_at", Moment),
    CheckConstraint("code_digest is null or user_id is not null", name="code"),
    Index(None, "expires_at"),
    Index(None, "configuration_id"),
    sqlite_autoincrement=True,
)

# Who somebody is whom an identity provider calls by a name of its own: once found, always the same.
sso_people = Table(
    "sso_people",
    metadata,
    Column("configuration_id", ForeignKey("sso_configurations.id", ondelete="CASCADE"), primary_key=True),
    Column("issuer", Key, primary_key=True),
    Column("subject", Key, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    # The address that was told last, by which the same person is found at the organization's next identity provider.
    Column("email", Key, nullable=False),
    Column("created_at", Moment, nullable=False),
    # When a student's use was ended because the identity provider gave no role any more.
    Column("closed_at", Moment),
    Index(None, "user_id"),
    Index(None, "configuration_id", "email"),
)

# Assertions of SAML that were used, for as long as they are good: none is used again.
sso_assertions = Table(
    "sso_assertions",
    metadata,
    Column("configuration_id", ForeignKey("sso_configurations.id", ondelete="CASCADE"), primary_key=True),
    # SHA-256 of its ID.
    Column("digest", LargeBinary, primary_key=True),
    Column("expires_at", Moment, nullable=False),
    Index(None, "expires_at"),
)
