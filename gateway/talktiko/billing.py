"""The operations on what organizations pay, as a list."""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.doors.door import Asked, Data, Door
from gateway.doors.kinds import Text
from gateway.doors.parameters import Parameter
from gateway.talktiko.envelope import plain, refuse_mistakes
from gateway.talktiko.parameters import POST

# What REST calls otherwise than the graph.
CALLED = {"planCode": "plan"}
WHOSE = Parameter("organization_code", Text())


def paying(_asked: Asked, data: Data) -> bytes:
    """What came of a command; 422 with the mistakes."""
    (payload,) = map(plain, data.values())
    refuse_mistakes([as_rest_calls(mistake) for mistake in payload.pop("userErrors")])
    (made,) = payload.values()
    return orjson.dumps({"data": made})


def as_rest_calls(mistake: Mapping[str, Any]) -> Mapping[str, Any]:
    """A mistake with the name that its parameter has over REST."""
    return {**mistake, "field": [CALLED.get(name, name) for name in mistake["field"]]}


BILLING_DOORS = (
    Door(
        "Create a Stripe checkout session",
        POST,
        "/billing/checkout-session",
        (
            Parameter("plan", Text(), required=True),
            Parameter("promo_code", Text()),
            Parameter("success_url", Text()),
            Parameter("cancel_url", Text()),
            WHOSE,
        ),
        "create_checkout_session",
        paying,
        creates=True,
    ),
    Door(
        "Create a billing portal session",
        POST,
        "/billing/portal-session",
        (Parameter("return_url", Text()), WHOSE),
        "create_portal_session",
        paying,
    ),
    Door(
        "Validate and apply a promo code",
        POST,
        "/billing/apply-promo",
        (Parameter("code", Text(), required=True), WHOSE),
        "apply_promo",
        paying,
        creates=True,
    ),
)
