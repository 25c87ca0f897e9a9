"""kakehashi plans: what plans cost, and that a price of Stripe is the one that the list shows."""

import asyncio
from pathlib import Path

from typer.testing import CliRunner

from gateway.__main__ import cli
from tests.billing.paying import CHECKOUT, Paying
from tests.billing.stripe_server import KEY, StripeServer
from tests.services.postgresql import plain


async def test_a_plan_is_sold_by_a_price_that_fits_it(
    pays: Paying, counter: StripeServer, url: str, data_dir: Path
) -> None:
    environment = {
        "KAKEHASHI_DATABASE_URL": plain(url) if url.startswith("postgresql") else url,
        "KAKEHASHI_DATA_DIR": str(data_dir),
        "KAKEHASHI_EGRESS_ALLOW": "127.0.0.0/8",
        "KAKEHASHI_STRIPE_API_BASE": counter.url,
    }

    async def kakehashi(*arguments: str, key: str | None = KEY) -> tuple[int, str]:
        told = environment | ({} if key is None else {"KAKEHASHI_STRIPE_KEY": key})
        runner = CliRunner()
        ended = await asyncio.to_thread(lambda: runner.invoke(cli, ["plans", *arguments], env=told))
        return ended.exit_code, ended.output

    yearly: dict[str, object] = {"interval": "year", "interval_count": 1}
    counter.price("price_new", 9800)
    counter.price("price_dear", 9900)
    counter.price("price_dollars", 9800, "usd")
    counter.price("price_yearly", 9800, recurring=yearly)
    counter.price("price_quarterly", 9800, recurring={"interval": "month", "interval_count": 3})
    counter.price("price_once", 9800, recurring=None)
    counter.price("price_old", 9800, active=False)
    counter.price("price_agreed", 500_000, recurring=yearly)
    counter.price("price_agreed_in_dollars", 5000, "usd", recurring=yearly)
    for code, price, message in (
        ("gold", "price_new", "There is no plan gold: there are free, pro, enterprise."),
        ("pro", "price_none", "No such price: 'price_none'"),
        ("pro", "price_dear", "price_dear asks 9900 JPY, and pro costs 9800 JPY."),
        ("pro", "price_dollars", "price_dollars asks 9800 USD, and pro costs 9800 JPY."),
        ("pro", "price_yearly", "price_yearly is paid every 1 year, and pro each month."),
        ("pro", "price_quarterly", "price_quarterly is paid every 3 month, and pro each month."),
        ("pro", "price_once", "price_once is paid once, and pro each month."),
        ("pro", "price_old", "price_old is archived at Stripe."),
        ("enterprise", "price_agreed_in_dollars", "price_agreed_in_dollars asks 5000 USD, and enterprise costs"),
    ):
        status, output = await kakehashi("set-price", code, price)
        assert (status, output.startswith(message)) == (1, True), output
    assert await kakehashi("set-price", "pro", "price_new") == (0, "pro is paid by price_new.\n")
    assert await kakehashi("set-price", "enterprise", "price_agreed") == (0, "enterprise is paid by price_agreed.\n")
    # A price that was ever one plan's is never another's: who pays by it has that plan.
    counter.prices["price_pro"]["recurring"] = yearly
    status, output = await kakehashi("set-price", "enterprise", "price_pro")
    assert (status, output) == (1, "price_pro is another plan's, or was.\n")
    lines = (await kakehashi(key=None))[1].splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["free", "0", "JPY", "month", "not", "for", "sale"],
        ["pro", "9800", "JPY", "month", "price_new"],
        ["enterprise", "as", "agreed", "year", "price_agreed"],
    ]
    no_key = await kakehashi("set-price", "pro", "price_new", key=None)
    assert no_key == (1, "Billing is not configured: set KAKEHASHI_STRIPE_KEY.\n")
    assert await kakehashi("take-back", "pro", key=None) == (0, "pro is not for sale any more.\n")
    message = "This plan cannot be paid online: ask the operator for it."
    answer = await pays.post(CHECKOUT, {"plan": "pro"})
    assert (answer.status_code, answer.json()["errors"]) == (422, {"plan": [message]})
