"""`python -m tests.clients.audit`: graphql-http's audits of the server, started for it with the demo data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.clients.packages import Missing, node, npm_packages
from tests.clients.server import serving_demo

FOLDER = Path(__file__).parent
PERSON = "auth0|demo-owner-parent"


def audit_command(url: str) -> list[str]:
    """The command that audits an address; it takes a TOKEN from its environment. Raises Missing."""
    npm_packages(FOLDER)
    return [node(), str(FOLDER / "audit.mjs"), url]


def main() -> None:
    """Audit, and end as the audit does."""
    try:
        with serving_demo() as served:
            environment = {**os.environ, "TOKEN": served.token(PERSON)}
            sys.exit(subprocess.run(audit_command(served.graph), env=environment, check=False).returncode)
    except Missing as missing:
        sys.exit(f"The audit cannot run: {missing}.")


if __name__ == "__main__":
    main()
