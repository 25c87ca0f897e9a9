"""What Stripe declines, as mistakes of whoever asked: which of our arguments is wrong."""

from resolvers.billing.told import Declined
from resolvers.errors import Mistake

# The first part of what Stripe calls its parameters, and what they are made of here.
ARGUMENTS = {
    "line_items": "planCode",
    "discounts": "promoCode",
    "success_url": "successUrl",
    "cancel_url": "cancelUrl",
    "return_url": "returnUrl",
    "customer": "organizationCode",
}
CODE = "STRIPE_DECLINED"


def declined_mistake(declined: Declined, otherwise: str) -> Mistake:
    """The mistake behind what Stripe declined; where it names nothing of ours it is the argument `otherwise`."""
    named = (declined.parameter or "").partition("[")[0]
    return Mistake((ARGUMENTS.get(named, otherwise),), CODE, declined.message)
