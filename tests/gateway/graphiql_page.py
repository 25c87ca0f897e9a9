"""What a person does on the GraphiQL page, for the tests and for the screenshot."""

import re

from playwright.sync_api import Page, expect

RESPONSE = ".graphiql-response .view-lines"
DOCUMENTATION = ".graphiql-doc-explorer"


def wait_for_status(page: Page, text: str) -> None:
    """Waits until the top bar says `text`, for example that the schema is read, or who the token names."""
    expect(page.get_by_role("status")).to_contain_text(text, timeout=20_000)


def choose_example(page: Page, title: str) -> None:
    """Opens the menu of examples and takes the one with exactly this title."""
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("menuitem", name=title, exact=True).click()


def run(page: Page) -> None:
    """Sends the document of the current tab."""
    page.get_by_role("button", name="Execute query").click()


def show_documentation(page: Page, type_name: str) -> None:
    """Opens the documentation at one type, as a click in the list of all types does."""
    page.get_by_role("button", name="Show Documentation Explorer").click()
    page.locator(f"{DOCUMENTATION}-type-name", has_text=re.compile(f"^{type_name}$")).click()
