"""Starts identity providers that others wrote, and signs in there as a person does."""

import json
import re
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import httpx2

from tests.clients.packages import node, npm_packages, python_packages
from tests.clients.server import answers, free_port
from tests.services.folders import make_folder
from tests.services.leash import on_leash
from tests.sso.openid import CLIENT_SECRET

FOLDER = Path(__file__).parent
# One that its library takes: no spaces.
CLIENT = "kakehashi-1"
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL | re.IGNORECASE)
INPUT = re.compile(r"<input\b([^>]*)>", re.DOTALL | re.IGNORECASE)
ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
PEOPLE = {
    "hanako": {"password": "hanako", "email": "hanako@school.example.jp", "roles": ["teachers"]},
    "stranger": {"password": "stranger", "email": "stranger@example.org", "roles": ["teachers"]},
}


@contextmanager
def oidc_provider(redirect_uri: str) -> Iterator[str]:
    """An OpenID provider of npm's oidc-provider for a redirect URI; gives its issuer. Raises Missing."""
    npm_packages(FOLDER)
    port, folder = free_port(), make_folder("openid")
    issuer = f"http://127.0.0.1:{port}"
    program = [node(), str(FOLDER / "openid.mjs"), str(port), redirect_uri, CLIENT, CLIENT_SECRET]
    ready = f"{issuer}/.well-known/openid-configuration"
    with on_leash(program, folder=folder, answers=lambda: answers(ready), stop=signal.SIGTERM):
        yield issuer


@contextmanager
def nanoidp(acs_url: str) -> Iterator[str]:
    """A SAML identity provider of nanoidp; gives where its metadata are. Raises Missing."""
    program = python_packages(FOLDER) / "bin/nanoidp"
    port, folder = free_port(), make_folder("saml")
    home = f"http://127.0.0.1:{port}"
    settings = {
        "config_version": 1,
        "server": {"host": "127.0.0.1", "port": port},
        "oauth": {"issuer": home, "audience": "x", "clients": []},
        "saml": {"default_acs_url": acs_url, "export_roles": True, "roles_attr_name": "roles"},
    }
    # JSON is YAML too.
    (folder / "settings.yaml").write_text(json.dumps(settings))
    (folder / "users.yaml").write_text(json.dumps({"config_version": 1, "users": PEOPLE}))
    command = [str(program), "--config", str(folder), "--port", str(port)]
    metadata = f"{home}/saml/metadata"
    with on_leash(command, folder=folder, answers=lambda: answers(metadata), stop=signal.SIGTERM):
        yield metadata


@asynccontextmanager
async def surfing() -> AsyncIterator[httpx2.AsyncClient]:
    """A browser on the identity provider's side, which keeps its cookies."""
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        yield client


async def until_away(client: httpx2.AsyncClient, url: str, typed: Mapping[str, str], home: str) -> httpx2.Request:
    """Follow redirects and fill in forms until the next address is none of the identity provider's; gives that request.

    `typed` is what a person types into fields of these names.
    """
    request = client.build_request("GET", url)
    for _ in range(20):
        if not str(request.url).startswith(home):
            return request
        answer = await client.send(request)
        if answer.is_redirect:
            request = client.build_request("GET", urljoin(str(request.url), answer.headers["location"]))
            continue
        assert answer.is_success, answer.text
        request = submitted(client, answer, typed)
    raise AssertionError(f"The identity provider goes on and on: {request.url}")


def submitted(client: httpx2.AsyncClient, answer: httpx2.Response, typed: Mapping[str, str]) -> httpx2.Request:
    """The request of the first form of a page."""
    found = FORM.search(answer.text)
    assert found is not None, answer.text
    told, fields = attributes(found[1]), [attributes(one) for one in INPUT.findall(found[2])]
    data = {one["name"]: typed.get(one["name"], one.get("value", "")) for one in fields if "name" in one}
    return client.build_request("POST", urljoin(str(answer.url), told.get("action") or ""), data=data)


def attributes(text: str) -> dict[str, str]:
    """The attributes of a tag."""
    return {name.lower(): unescape(one or other) for name, one, other in ATTRIBUTE.findall(text)}
