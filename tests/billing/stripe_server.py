"""Stripe on a local port, as far as we ask it: customers, subscriptions, checkouts, the portal, promotions and prices.

It holds each request against the types of Stripe's own SDK, and answers as Stripe's reference says: objects with the
keys that are documented as always there, and errors of its forms.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import stripe

from tests.billing.forms import WrongForm, checked
from tests.egress.receiver import Receiver, receiving

KEY = "sk_test_kakehashi"
PORTAL_URL = "https://billing.stripe.com/p/session/test_1"
Object = dict[str, Any]
Answer = tuple[int, Mapping[str, str], object]

# Method and path, with a star for an id; the type of what is sent.
FORMS = {
    ("POST", "customers"): ("_customer_create_params", "CustomerCreateParams"),
    ("GET", "subscriptions"): ("_subscription_list_params", "SubscriptionListParams"),
    ("POST", "subscriptions/*"): ("_subscription_update_params", "SubscriptionUpdateParams"),
    ("GET", "checkout/sessions"): ("checkout._session_list_params", "SessionListParams"),
    ("POST", "checkout/sessions"): ("checkout._session_create_params", "SessionCreateParams"),
    ("POST", "checkout/sessions/*/expire"): ("checkout._session_expire_params", "SessionExpireParams"),
    ("POST", "billing_portal/sessions"): ("billing_portal._session_create_params", "SessionCreateParams"),
    ("GET", "promotion_codes"): ("_promotion_code_list_params", "PromotionCodeListParams"),
    ("GET", "prices/*"): ("_price_retrieve_params", "PriceRetrieveParams"),
}


class NotTaken(Exception):
    """An error as Stripe answers it."""

    def __init__(self, status: int, **error: object) -> None:
        super().__init__(status, error)
        self.status = status
        self.error = error


@dataclass(eq=False)
class StripeServer:
    """What is there, and what was asked."""

    port: int = 0
    customers: dict[str, Object] = field(default_factory=dict)
    subscriptions: dict[str, Object] = field(default_factory=dict)
    sessions: dict[str, Object] = field(default_factory=dict)
    promotions: dict[str, Object] = field(default_factory=dict)
    prices: dict[str, Object] = field(default_factory=dict)
    # What was asked, in order: method, path and form; and the answers by their idempotency keys.
    asked: list[tuple[str, str, Object]] = field(default_factory=list)
    by_key: dict[str, tuple[Object, Answer]] = field(default_factory=dict)
    # What has gone wrong in what was asked, beside that it is answered: a test ends with none.
    wrong: list[str] = field(default_factory=list)
    # An answer before all others, or none.
    trouble: Callable[[str, str], Answer | None] = lambda _method, _path: None
    # What is waited for before an answer is written.
    waiting: Callable[[str, str], Any] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def asked_for(self, method: str, path: str) -> list[Object]:
        """The forms that were sent to a path."""
        return [form for how, where, form in self.asked if (how, where) == (method, path)]

    def fails_with(self, status: int, error: Mapping[str, object]) -> None:
        """Answer everything with an error, that is not to be tried again at once."""
        told: Answer = (status, {"Stripe-Should-Retry": "false"}, {"error": error})
        self.trouble = lambda _method, _path: told

    def guarded(self, head: str, body: bytes) -> Answer:
        """The answer to a request; a mistake of this server is one that the test is told of."""
        try:
            return self.answer(head, body)
        except Exception as error:  # noqa: BLE001  # whatever it is
            self.wrong.append(repr(error))
            return 500, {"Stripe-Should-Retry": "false"}, error_of(type="api_error", message="")

    def answer(self, head: str, body: bytes) -> Answer:
        """The answer to a request."""
        line, *lines = head.rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        method, target, _ = line.split(" ")
        path, _, query = target.removeprefix("/v1/").partition("?")
        if (told := self.trouble(method, path)) is not None:
            return told
        if headers.get("authorization") != f"Bearer {KEY}":
            return 401, {}, error_of(type="invalid_request_error", message="Invalid API Key provided: sk_test_****")
        if headers.get("stripe-version") != stripe.api_version:
            self.wrong.append(f"{line}: Stripe-Version is {headers.get('stripe-version')}")
        try:
            form = self.form(method, path, query if method == "GET" else body.decode())
            return self.once(headers.get("idempotency-key"), method, path, form)
        except WrongForm as problem:
            self.wrong.append(f"{line}: {problem}")
            return 400, {}, error_of(type="invalid_request_error", message=str(problem))
        except NotTaken as problem:
            return problem.status, {"Request-Id": "req_1"}, error_of(type="invalid_request_error", **problem.error)

    def form(self, method: str, path: str, sent: str) -> Object:
        """What was sent, held against its type."""
        first, *rest = path.split("/")
        general = "/".join([first, *("*" if "_" in one and one != "billing_portal" else one for one in rest)])
        if (method, general) not in FORMS:
            raise WrongForm(f"nobody asks for {method} {general}")
        form = checked(*FORMS[method, general], sent)
        self.asked.append((method, path, form))
        return form

    def once(self, key: str | None, method: str, path: str, form: Object) -> Answer:
        """Whatever is sent under a known key is answered as before; something else under it is an error."""
        if method == "POST" and key is None:
            self.wrong.append(f"{path} has no idempotency key")
        if key is not None and key in self.by_key:
            known, answer = self.by_key[key]
            if known != form:
                message = "Keys for idempotent requests can only be used with the same parameters."
                return 400, {}, error_of(type="idempotency_error", message=message)
            return answer
        found: Answer = (200, {"Request-Id": "req_1"}, self.done(method, path, form))
        if key is not None:
            self.by_key[key] = (form, found)
        return found

    def done(self, method: str, path: str, form: Object) -> object:
        """What comes of a request."""
        return self.listed(path, form) if method == "GET" else self.changed(path, form)

    def listed(self, path: str, form: Object) -> object:
        """What is read."""
        match path.split("/"):
            case ["subscriptions"]:
                self.known(self.customers, form["customer"], "customer", "customer")
                return listing(one for one in self.subscriptions.values() if one["customer"] == form["customer"])
            case ["checkout", "sessions"]:
                wanted = (form["customer"], form["status"])
                return listing(one for one in self.sessions.values() if (one["customer"], one["status"]) == wanted)
            case ["promotion_codes"]:
                called = [one for one in self.promotions.values() if one["code"].lower() == form["code"].lower()]
                return listing(one for one in called if one["active"])
        return self.known(self.prices, path.split("/")[1], "price", "price")

    def changed(self, path: str, form: Object) -> object:
        """What is made or changed."""
        match path.split("/"):
            case ["customers"]:
                return self.new(self.customers, "cus", {"object": "customer", **form})
            case ["subscriptions", id_]:
                one = self.known(self.subscriptions, id_, "subscription", "id")
                one["discounts"] = [f"di_{number}" for number, _ in enumerate(form["discounts"])]
                return one
            case ["checkout", "sessions"]:
                return self.checkout(form)
            case ["checkout", "sessions", id_, "expire"]:
                one = self.known(self.sessions, id_, "checkout.session", "session")
                if one["status"] != "open":
                    raise NotTaken(400, message="Only Checkout Sessions with a status in [open] can be expired.")
                one |= {"status": "expired", "url": None}
                return one
        self.known(self.customers, form["customer"], "customer", "customer")
        return {"id": "bps_1", "object": "billing_portal.session", "url": PORTAL_URL, **form}

    def checkout(self, form: Object) -> Object:
        """A new checkout."""
        self.known(self.customers, form["customer"], "customer", "customer")
        for number, item in enumerate(form["line_items"]):
            self.known(self.prices, item["price"], "price", f"line_items[{number}][price]")
        if form["success_url"].startswith("https://refused."):
            raise NotTaken(400, message="Not a valid URL", param="success_url", code="url_invalid")
        ends = form.get("subscription_data", {}).get("trial_end")
        if ends is not None and ends < time.time() + 48 * 3600:
            raise NotTaken(400, message="trial_end has to be 2 days off", param="subscription_data[trial_end]")
        made = self.new(self.sessions, "cs_test", {"object": "checkout.session", "status": "open", **form})
        made["url"] = f"https://checkout.stripe.com/c/pay/{made['id']}"
        return made

    def completed(self, session: Object, **more: object) -> Object:
        """A checkout that was paid, and the subscription that came of it."""
        session |= {"status": "complete", "url": None}
        data = session["subscription_data"]
        trial = {"trial_end": data["trial_end"], "trial_start": int(time.time())} if "trial_end" in data else {}
        price = session["line_items"][0]["price"]
        told = {"metadata": data["metadata"], "status": "trialing" if trial else "active", **trial, **more}
        return self.subscribed(session["customer"], price, discounts=session.get("discounts", []), **told)

    def subscribed(self, customer: str, price: str, **more: object) -> Object:
        """A new subscription."""
        now = int(time.time())
        item = {"id": "si_1", "object": "subscription_item", "price": {"id": price}, "current_period_end": now + 86_400}
        told = {"object": "subscription", "customer": customer, "status": "active", "start_date": now, "discounts": []}
        usual = {"items": {"object": "list", "data": [item]}, "metadata": {}, "trial_start": None, "trial_end": None}
        ends = {"cancel_at": None, "cancel_at_period_end": False, "ended_at": None}
        return self.new(self.subscriptions, "sub", {**told, **usual, **ends, **more})

    def promotion(self, code: str, **more: Any) -> Object:  # noqa: ANN401  # JSON has no types
        """A new promotion code of ten percent; what a coupon takes off stands in `coupon`."""
        coupon = {"id": "co_1", "object": "coupon", "percent_off": 10.0, "amount_off": None, "currency": None}
        coupon |= {"valid": True, **more.pop("coupon", {})}
        usual = {"object": "promotion_code", "active": True, "code": code, "customer": None, "expires_at": None}
        counts = {"max_redemptions": None, "times_redeemed": 0}
        restrictions = {"first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None}
        restrictions |= more.pop("restrictions", {})
        promotion = {"type": "coupon", "coupon": coupon}
        made = {**usual, **counts, "promotion": promotion, "restrictions": restrictions, **more}
        return self.new(self.promotions, "promo", made)

    def price(self, id_: str, amount: int | None, currency: str = "jpy", **more: object) -> Object:
        """A price that is paid each month unless told."""
        recurring = {"interval": "month", "interval_count": 1}
        told = {"id": id_, "object": "price", "active": True, "unit_amount": amount, "currency": currency}
        self.prices[id_] = {**told, "recurring": recurring, **more}
        return self.prices[id_]

    def new(self, kept: dict[str, Object], prefix: str, values: Object) -> Object:
        """Keep an object under a new id."""
        id_ = f"{prefix}_{self.port}{len(kept) + 1}"
        kept[id_] = {"id": id_, **values}
        return kept[id_]

    def known(self, kept: Mapping[str, Object], id_: str, kind: str, parameter: str) -> Object:
        """An object, or Stripe's error for one that it has not."""
        if id_ not in kept:
            message = f"No such {kind}: '{id_}'"
            raise NotTaken(404 if parameter == "id" else 400, message=message, param=parameter, code="resource_missing")
        return kept[id_]


def listing(found: Any) -> Object:  # noqa: ANN401  # any objects
    """A page with everything, the newest first."""
    return {"object": "list", "url": "/v1", "has_more": False, "data": list(found)[::-1]}


def error_of(**error: object) -> Object:
    """An error as Stripe writes it."""
    return {"error": error}


@asynccontextmanager
async def stripe_at_work() -> AsyncIterator[StripeServer]:
    """Stripe at work, which has a price for each of two plans; at its end nothing was asked that it does not take."""
    made = StripeServer()
    made.price("price_pro", 9800)
    made.price("price_enterprise", None)

    async def answer(writer: asyncio.StreamWriter) -> None:
        head, body = receivers[0].requests[-1]
        status, headers, content = made.guarded(head, body)
        told = json.dumps(content).encode()
        if made.waiting is not None:
            method, path = head.split(" ", 2)[:2]
            await made.waiting(method, path.removeprefix("/v1/").partition("?")[0])
        lines = [f"HTTP/1.1 {status} .", f"Content-Length: {len(told)}", *(f"{k}: {v}" for k, v in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + told)
        await writer.drain()

    receivers: list[Receiver] = []
    async with receiving(answer) as receiver:
        receivers.append(receiver)
        made.port = receiver.port
        yield made
    assert made.wrong == []
