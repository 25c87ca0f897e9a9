"""What an organization is to be, as whoever makes or changes it says, and what is wrong with that."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from resolvers.egress.outcomes import Refused
from resolvers.egress.target import host_of, target_of
from resolvers.errors import Mistake
from resolvers.text import text

LONGEST, LONGEST_CODE, LONGEST_DOMAIN, MOST_DOMAINS = 255, 64, 253, 50
# What stands in addresses and files of other systems: no blanks, and nothing that has to be escaped there.
CODE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_CODE - 1}}}")
COLOR = re.compile(r"#[0-9a-f]{6}")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@([^@\s]{1,255})")

NAME_LENGTH = Mistake(("name",), "NAME_LENGTH", f"The name must have from 1 to {LONGEST} characters.")
ABBREVIATION_LENGTH = Mistake(
    ("abbreviation",), "ABBREVIATION_LENGTH", f"The abbreviation must have from 1 to {LONGEST} characters."
)
CODE_FORM = Mistake(
    ("code",),
    "CODE_FORM",
    f"The code must have from 1 to {LONGEST_CODE} letters and digits of ASCII, dots, dashes and underlines, and begin"
    " with one of the first.",
)
DOMAINS_TOO_MANY = Mistake(("domains",), "DOMAINS_TOO_MANY", f"Give at most {MOST_DOMAINS} domains.")
COLOR_FORM = Mistake(("branding", "primaryColor"), "COLOR_FORM", "A colour is written #rrggbb, such as #0055aa.")
LOGO_FORM = Mistake(("branding", "logoUrl"), "LOGO_FORM", "Use an address of a picture that begins with https://.")
EMAIL_FORM = Mistake(("branding", "supportEmail"), "EMAIL_FORM", "This is no mail address.")
DISPLAY_LENGTH = Mistake(
    ("branding", "displayName"), "DISPLAY_NAME_LENGTH", f"The display name must have at most {LONGEST} characters."
)


@dataclass(frozen=True, slots=True)
class Look:
    """How an organization is to look; None leaves a member as it is, and an empty text takes it away."""

    display_name: str | None = None
    logo_url: str | None = None
    primary_color: str | None = None
    support_email: str | None = None

    def values(self) -> dict[str, str | None]:
        """The columns that these set."""
        given = {
            "display_name": plain(self.display_name),
            "logo_url": plain(self.logo_url),
            "primary_color": None if self.primary_color is None else text(self.primary_color.strip()).lower(),
            "support_email": plain(self.support_email),
        }
        return {name: value or None for name, value in given.items() if value is not None}

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with it. The logo is not asked for: browsers show it, and we never do."""
        found = self.values()
        if len(found.get("display_name") or "") > LONGEST:
            yield DISPLAY_LENGTH
        if not is_secure(found.get("logo_url")):
            yield LOGO_FORM
        color, email = found.get("primary_color"), found.get("support_email")
        if color is not None and not COLOR.fullmatch(color):
            yield COLOR_FORM
        if email is not None and not is_email(email):
            yield EMAIL_FORM


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an organization is to be; None leaves a member as it is."""

    name: str | None = None
    abbreviation: str | None = None
    domains: Sequence[str] | None = None
    look: Look = field(default_factory=Look)

    def mistakes(self) -> list[Mistake]:
        """What can be said of it without asking the database."""
        found = []
        if self.name is not None and not is_name(self.name):
            found.append(NAME_LENGTH)
        if self.abbreviation is not None and not is_name(self.abbreviation):
            found.append(ABBREVIATION_LENGTH)
        return [*found, *domain_mistakes(self.domains or ()), *self.look.mistakes()]


def plain(given: str | None) -> str | None:
    """A text without the blanks around it, which come along when it is pasted."""
    return None if given is None else text(given.strip())


def is_name(given: str) -> bool:
    """Whether something can be called so."""
    return 0 < len(text(given.strip())) <= LONGEST


def code_mistakes(code: str) -> list[Mistake]:
    """A code is short, and the same everywhere."""
    return [] if CODE.fullmatch(code) else [CODE_FORM]


def domain_of(given: str) -> str | None:
    """A mail domain as it is kept: in small letters, as ASCII (punycode); None for what is none."""
    written = given.strip().lower().rstrip(".")
    try:
        found = host_of(written)
    except Refused:
        return None
    labels = found.split(".")
    # The last label is a word, or the address of a machine could be a domain.
    named = len(labels) > 1 and all(map(LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    return found if named and len(found) <= LONGEST_DOMAIN else None


def domains_in(given: Sequence[str]) -> list[str]:
    """Domains as they are kept, each once."""
    return list(dict.fromkeys(found for one in given if (found := domain_of(one)) is not None))


def domain_mistakes(given: Sequence[str]) -> Iterator[Mistake]:
    """What is no domain, and whether there are too many."""
    if len(given) > MOST_DOMAINS:
        yield DOMAINS_TOO_MANY
        return
    for one in given:
        if domain_of(one) is None:
            yield Mistake(("domains",), "DOMAIN_FORM", f"{text(one)} is no mail domain, such as example.ac.jp.")


def taken(domains: Sequence[str]) -> list[Mistake]:
    """Domains are of one organization each; of which, is not told."""
    return [Mistake(("domains",), "DOMAIN_TAKEN", f"{one} is the domain of another organization.") for one in domains]


def in_use(domains: Sequence[str]) -> list[Mistake]:
    """Domains by which people sign in stay the organization's."""
    why = "people sign in by it: take it out of single sign-on first"
    return [Mistake(("domains",), "DOMAIN_IN_USE", f"{one} stays: {why}.") for one in domains]


def is_secure(url: str | None) -> bool:
    """Whether an address, where there is one, is absolute and by https."""
    try:
        return url is None or target_of(url).scheme == "https"
    except Refused:
        return False


def is_email(given: str) -> bool:
    """Whether something is a mail address at a domain; whether anybody reads there is not asked."""
    found = EMAIL.fullmatch(given)
    return found is not None and domain_of(found[1]) is not None
