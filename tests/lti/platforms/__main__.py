"""Starts Open edX beside a server that knows it, and says where to click: `python -m tests.lti.platforms`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import suppress

from tests.clients.packages import Missing
from tests.clients.server import Served, serving_demo
from tests.lti.platforms.learning import Session, asked
from tests.lti.platforms.registering import OWNER, register
from tests.lti.platforms.running import COURSE, LESSON, Platform, platform

MODULES = {"openedx": "Open edX (lti-consumer-xblock)", "lti1p3": "lti1p3platform"}
# The platform asks us for our keys, and we ask it: both are on this machine.
LOOPBACK = "127.0.0.0/8"


NEWEST = "{ ltiLaunches(first: 10) { nodes { legacyId student { uid } lesson { code } } } }"


def text(served: Served, started: Platform, name: str) -> str:
    """What to click."""
    return f"""
{name} is on {started.url}/

  Launch {COURSE} and its lesson {LESSON} there, as a student or as a teacher.
  Then press Enter here: whoever was launched last as a student completes the lesson.
  The grade is in the gradebook, {started.url}/gradebook

Kakehashi is on {served.url}/, where {started.url} is registered.

Ctrl-C ends both; what they wrote is gone then.
"""


def learned(served: Served) -> str:
    """Have whoever was launched last as a student complete the lesson; gives what to tell of it."""
    launches = asked(served, served.token(OWNER), NEWEST)["ltiLaunches"]["nodes"]
    of_learners = (one for one in launches if one["student"] and (one["lesson"] or {}).get("code") == LESSON)
    newest = next(of_learners, None)
    if newest is None:
        return f"Nobody was launched into {LESSON} as a student yet."
    Session(served, served.token(newest["student"]["uid"]), newest["legacyId"]).complete()
    return f"The student of launch {newest['legacyId']} has completed {LESSON}."


def main() -> None:
    """Serve both until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--platform", choices=sorted(MODULES), default="openedx")
    parser.add_argument("--port", type=int, default=8100, help="where the platform serves")
    given = parser.parse_args()
    port = int(os.environ.get("KAKEHASHI_PORT", "8000"))
    # Both are ended by whoever holds them: this program, by whatever it is told to end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        serving_demo(port=port, EGRESS_ALLOW=LOOPBACK) as served,
        platform(given.platform, f"{served.url}/api/lti", port=given.port) as started,
    ):
        register(served, started.registration, MODULES[given.platform])
        print(text(served, started, MODULES[given.platform]), flush=True)
        for _ in sys.stdin:
            print(learned(served), flush=True)
        # Without a terminal nobody presses Enter.
        signal.pause()


if __name__ == "__main__":
    try:
        main()
    except Missing as missing:
        raise SystemExit(str(missing)) from None
