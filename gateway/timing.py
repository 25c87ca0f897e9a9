"""Tells in a header how long each stage of an answer took (Server-Timing)."""

from schema.answers import Answer

HEADER = "Server-Timing"


def server_timing(answer: Answer) -> str:
    """The header's value: each stage in milliseconds."""
    return ", ".join(f"{stage};dur={seconds * 1000:.2f}" for stage, seconds in answer.timings.items())
