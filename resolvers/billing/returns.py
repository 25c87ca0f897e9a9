"""Where a browser goes when it comes back from Stripe: to pages of ours, or of origins that the operator listed.

Anywhere else, and this server's name would lend a stranger's page its trust: a link to a checkout would lead there.
"""

from resolvers.egress.client import Refused
from resolvers.egress.target import target_of
from resolvers.errors import Mistake
from resolvers.payments import Payments
from resolvers.text import text
from resolvers.tool import Addresses

FOREIGN = "Come back to a page of this server, or of an origin that its operator lists in KAKEHASHI_ALLOWED_ORIGINS."
NEEDED = "Say where to come back to: this server has no public address."


def return_to(payments: Payments, tool: Addresses | None, field: str, url: str | None) -> str | Mistake:
    """An address to come back to: the one that was given, else this server's own; Mistake where it may not be."""
    own = None if tool is None else tool.origin
    if url is None:
        return Mistake((field,), "RETURN_URL_NEEDED", NEEDED) if own is None else f"{own}/"
    given = text(url.strip())
    try:
        target = target_of(given)
    except Refused as refused:
        return Mistake((field,), "URL_REFUSED", str(refused))
    origin = f"{target.scheme}://{target.named}"
    return given if origin in payments.pages or origin == own else Mistake((field,), "RETURN_URL_FOREIGN", FOREIGN)
