"""What a newcomer sees when the server starts: addresses, a token, and commands that work when pasted."""

import shlex
from pathlib import Path

from db.connections.database import Database
from gateway.development_tokens import token_for
from gateway.settings import Settings
from resolvers.demo.fill import PASSWORD

OWNER = "auth0|demo-owner-parent"
OWNER_EMAIL, LEARNER = "owner@kakehashi.example", "student@kakehashi.example"
HOURS = 24
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared with, not bound to  # compared with, not bound to
QUERY = "{ viewer { uid roles } students(first: 3) { totalCount nodes { code lastName firstName } } }"


async def welcome(settings: Settings, database: Database) -> str:
    """The text; it also leaves the token in the data folder, readable by its owner alone, for the commands to read."""
    if not settings.own_tokens:
        return f"Kakehashi is on {address(settings)}/ and takes tokens of {settings.issuer}"
    token = await token_for(settings, database, OWNER, hours=HOURS)
    header = header_file(settings.data_dir, token)
    base = address(settings)
    return "\n".join(
        [
            "",
            "Kakehashi 架け橋",
            "",
            f"  GraphiQL   {base}/graphiql/#token={token}",
            f"  GraphQL    {base}/graphql",
            f"  Diverse    {base}{settings.diverse_prefix}/me",
            f"  Talktiko   {base}{settings.talktiko_prefix}/courses",
            "",
            f"An access token of {OWNER} (組織管理者), good for {HOURS} hours:",
            "",
            token,
            "",
            f"A learner signs in with {LEARNER} and the password {PASSWORD}; so does {OWNER_EMAIL}.",
            "",
            "To paste into another terminal:",
            "",
            graphql_command(base, header),
            "",
            rest_command(base, settings.diverse_prefix, header),
            "",
            sign_in_command(base, settings.talktiko_prefix),
            "",
            "Ctrl-C stops the server; what is in the data folder stays.",
            "",
        ]
    )


def address(settings: Settings) -> str:
    """Where the server is, as a browser on this machine finds it."""
    host = "127.0.0.1" if settings.host in ANYWHERE else settings.host  # compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def header_file(folder: Path, token: str) -> Path:
    """Leave the Authorization header in a file that curl reads, so that commands stay short."""
    path = folder.absolute() / "demo-owner.header"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"Authorization: Bearer {token}\n")
    return path


def graphql_command(base: str, header: Path) -> str:
    """A query over GraphQL."""
    body = f'{{"query": "{QUERY}"}}'
    return (
        f"curl -s {base}/graphql -H {shlex.quote(f'@{header}')} -H 'Content-Type: application/json'"
        f" -d {shlex.quote(body)}"
    )


def rest_command(base: str, prefix: str, header: Path) -> str:
    """The same person over REST."""
    return f"curl -s {base}{prefix}/me -H {shlex.quote(f'@{header}')}"


def sign_in_command(base: str, prefix: str) -> str:
    """The learner signs in over REST, and gets a token."""
    body = f'{{"email": "{LEARNER}", "password": "{PASSWORD}"}}'
    return f"curl -s {base}{prefix}/auth/sign-in -H 'Content-Type: application/json' -d {shlex.quote(body)}"
