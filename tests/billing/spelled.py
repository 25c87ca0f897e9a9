"""Each parameter of the operations on what is paid, as it is given, and what Stripe is asked for it."""

from tests.talktiko.asking import Case

PAGE = "https://app.example/billing?a=b"
UENO = "kakehashi-ueno"
BEGINNING = (
    Case("plan", {"plan": "enterprise"}, ("line_items", [{"price": "price_enterprise", "quantity": 1}])),
    Case("promo_code", {"promo_code": "SPRING"}, ("discounts", [{"promotion_code": "promo"}])),
    Case("success_url", {"success_url": PAGE}, ("success_url", PAGE)),
    Case("cancel_url", {"cancel_url": PAGE}, ("cancel_url", PAGE)),
    Case("organization_code", {"organization_code": UENO}, ("client_reference_id", UENO)),
)
MANAGING = (
    Case("return_url", {"return_url": PAGE}, ("return_url", PAGE)),
    Case("organization_code", {"organization_code": UENO}, ("customer", UENO)),
)
USING = (
    Case("code", {"code": "SPRING"}, "SPRING"),
    Case("organization_code", {"organization_code": UENO}, UENO),
)
