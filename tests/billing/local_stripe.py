"""localstripe, which others wrote, as a process of its own environment; and what its users do there."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.billing.stripe_server import KEY
from tests.clients.packages import python_packages
from tests.clients.server import answers, free_port
from tests.services.folders import make_folder
from tests.services.leash import on_leash

FOLDER = Path(__file__).parent / "localstripe"


@dataclass(frozen=True, slots=True)
class LocalStripe:
    """A started localstripe."""

    url: str

    def ask(self, method: str, path: str, form: Mapping[str, object] | None = None) -> dict[str, Any]:
        """What it answers to a form."""
        told = {name: str(value) for name, value in (form or {}).items()}
        headers = {"Authorization": f"Bearer {KEY}"}
        answer = httpx2.request(method, f"{self.url}{path}", headers=headers, data=told, trust_env=False)
        found: dict[str, Any] = answer.raise_for_status().json() if answer.content else {}
        return found

    def plan(self, id_: str) -> None:
        """A plan, which is what it has for prices."""
        price = {"id": id_, "amount": 9800, "currency": "jpy", "interval": "month", "product[name]": id_}
        self.ask("POST", "/v1/plans", price)

    def subscribe(self, customer: str, plan: str, **more: object) -> dict[str, Any]:
        """Have a customer subscribe, whose card is good."""
        card = {"card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2040, "card[cvc]": 123}
        method = self.ask("POST", "/v1/payment_methods", {"type": "card", **card})["id"]
        self.ask("POST", f"/v1/payment_methods/{method}/attach", {"customer": customer})
        self.ask("POST", f"/v1/customers/{customer}", {"invoice_settings[default_payment_method]": method})
        return self.ask("POST", "/v1/subscriptions", {"customer": customer, "items[0][plan]": plan, **more})

    def tell(self, url: str, secret: str) -> None:
        """Have it tell of everything at an address, signed."""
        self.ask("POST", "/_config/webhooks/ours", {"url": url, "secret": secret})


@contextmanager
def local_stripe() -> Iterator[LocalStripe]:
    """A localstripe with a plan for each of ours, until the block ends; raises Missing where it cannot be had."""
    python = python_packages(FOLDER) / "bin/python"
    folder, port = make_folder("localstripe"), free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(python), "-W", "ignore", "-m", "localstripe", "--port", str(port), "--from-scratch"]
    # Without a key it refuses, which is an answer too; this page needs none.
    ready = f"{url}/js.stripe.com/v3/"
    with on_leash(command, folder=folder, answers=lambda: answers(ready), stop=signal.SIGTERM):
        started = LocalStripe(url)
        for plan in ("price_pro", "price_enterprise"):
            started.plan(plan)
        yield started
