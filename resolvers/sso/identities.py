"""Whom an identity provider names, whichever protocol it speaks: subject, proved mail address, names and roles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from db.sso.logins import Configuration
from resolvers.claims import EMAIL, LONGEST_EMAIL, LONGEST_ID, UNUSABLE, Claims, email_in, name_in, text_in
from resolvers.passwords import folded_email
from resolvers.sso.reasons import Reason

MOST_VALUES, LONGEST_NAME = 500, 100
MICROSOFT = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
# How attributes are called by those who do not agree on it: OID, Microsoft Entra ID, Google, Okta.
EMAILS = ("email", "mail", "Email", "emailAddress", "urn:oid:0.9.2342.19200300.100.1.3", f"{MICROSOFT}emailaddress")
GIVEN_NAMES = ("givenName", "firstName", "given_name", "urn:oid:2.5.4.42", f"{MICROSOFT}givenname")
FAMILY_NAMES = ("sn", "surname", "lastName", "family_name", "urn:oid:2.5.4.4", f"{MICROSOFT}surname")
NAMES = ("displayName", "name", "cn", "urn:oid:2.16.840.1.113730.3.1.241", f"{MICROSOFT}name")


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody as the identity provider names the person; the address is folded, and of one of the domains."""

    subject: str
    email: str
    given_name: str
    family_name: str
    roles: frozenset[str]


def of_claims(claims: Claims, configuration: Configuration) -> Identity:
    """Whom the claims of a verified id_token name; a Refusal where they do not say it well enough.

    A domain is the school's only where the provider says that it has proved the address (`email_verified`).
    """
    subject = name_in(claims, "sub")
    if subject is None:
        raise Reason.SUBJECT_MISSING.refusal("sub")
    email = email_in(claims)
    if email is None and name_in(claims, "email") is None:
        raise Reason.SUBJECT_MISSING.refusal("email")
    # Some write it as a text (Amazon Cognito, Apple).
    if email is None or claims.get("email_verified") not in (True, "true"):
        raise Reason.EMAIL_UNPROVED.refusal()
    told = claims.get(configuration.role_attribute or "")
    values = told if isinstance(told, list) else [told]
    given, family = text_in(claims, "given_name") or "", text_in(claims, "family_name") or ""
    return identity(configuration, subject, email, (given, family, text_in(claims, "name") or ""), values)


def of_attributes(subject: str, attributes: Mapping[str, Sequence[str]], configuration: Configuration) -> Identity:
    """Whom a good assertion names. Of the address nothing more is said: the identity provider answers for it."""
    if not usable(subject):
        raise Reason.SUBJECT_MISSING.refusal("NameID")
    email = first(attributes, [configuration.email_attribute] if configuration.email_attribute else EMAILS)
    if not email and not configuration.email_attribute:
        email = subject
    if len(email) > LONGEST_EMAIL or not usable(email) or not EMAIL.fullmatch(email):
        raise Reason.SUBJECT_MISSING.refusal(configuration.email_attribute or "email")
    values = attributes.get(configuration.role_attribute or "", ())
    names = first(attributes, GIVEN_NAMES), first(attributes, FAMILY_NAMES), first(attributes, NAMES)
    return identity(configuration, subject, email, names, values)


def identity(
    configuration: Configuration, subject: str, email: str, names: tuple[str, str, str], values: Iterable[object]
) -> Identity:
    """Somebody of one of the organization's domains, with the roles that the values mean."""
    address = folded_email(email)
    if address.rpartition("@")[2] not in configuration.domains:
        raise Reason.DOMAIN_OF_OTHERS.refusal()
    given, family, name = (UNUSABLE.sub(" ", one).strip()[:LONGEST_NAME] for one in names)
    if not (given or family):
        family = name or address.partition("@")[0][:LONGEST_NAME]
    return Identity(subject, address, given, family, roles_of(configuration, values))


def roles_of(configuration: Configuration, values: Iterable[object]) -> frozenset[str]:
    """What somebody is with these values: all that they mean, else what everybody is, which may be nothing.

    Who is staff is no student beside it.
    """
    told = {one for one in list(values)[:MOST_VALUES] if isinstance(one, str)}
    found = {role for value, role in configuration.role_mapping.items() if value in told}
    if not found and configuration.default_role is not None:
        found = {configuration.default_role}
    return frozenset(found - {"student"} or found)


def first(attributes: Mapping[str, Sequence[str]], names: Iterable[str]) -> str:
    """The first value of the first of these attributes that is there."""
    return next((attributes[name][0].strip() for name in names if attributes.get(name)), "")


def usable(value: str) -> bool:
    """Whether a name can be kept."""
    return 0 < len(value) <= LONGEST_ID and not UNUSABLE.search(value)
