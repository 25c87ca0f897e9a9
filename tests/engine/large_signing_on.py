"""Who signs in by an identity provider on the large database: every organization."""

COLUMNS = """organization_id, protocol, domains, role_mapping, certificates, certificate_pems, created_at, updated_at"""

SIGNING_ON = (
    f"""
insert into sso_configurations ({COLUMNS})
select id, 'oidc', '[]', '[]', '[]', '[]', timestamptz '2026-11-01', timestamptz '2026-11-01'
from organizations order by id""",
    "analyze sso_configurations",
)
