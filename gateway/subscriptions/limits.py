"""How much one client may hold open, and how long anybody waits for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of streams; times are in seconds."""

    # Half of what a request over HTTP may have: documents have 32 KiB at most, and variables need the rest.
    message_bytes: int = 64 * 1024
    # A client says who it is as the first thing it does; who stays silent only holds a socket.
    init_within_s: float = 5.0
    # A page with a chart for each of thirty learners is lawful; a loop that subscribes for ever is not.
    operations: int = 50
    # Tabs, devices and a deploy's overlapping reconnects of one person. Of nobody's, those of one address.
    connections: int = 30
    # Revoked, locked, moved: noticed at the next message, and at the latest by now.
    recheck_s: float = 30.0
    # Who does not read for so long is closed. Till then it holds one message and its place, nothing more.
    send_within_s: float = 15.0
    # Proxies cut what is silent for long, the strictest of the usual ones after 15 seconds.
    heartbeat_s: float = 12.0
    # What runs when the process is told to stop may end within this: the longest request has 10 seconds.
    finish_within_s: float = 12.0
