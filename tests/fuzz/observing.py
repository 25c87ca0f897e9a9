"""What is wrong with an answer, what the log and the interpreter complain of, and how long the event loop was held."""

import asyncio
import gzip
import json
import logging
import sys
import time
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from types import TracebackType

from resolvers.billing.counter import NO_KEY

# One step of the event loop may take so much of its thread's own time. What takes none of it and holds the loop all the
# same waits for something, and is given longer, because other programs on the machine may have had their turn.
MOST_CPU_S, MOST_WAIT_S = 0.1, 2.0
# asyncio's one way to run whatever the loop has to do.
STEP = "_run"
INSIDE = (b"Traceback (most recent", b"sqlalchemy.", b"asyncpg.", b"sqlite3.", b"postgresql+", b"graphql.error")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: nothing where the client went away, or the server closed."""

    status: int | None = None
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong; `sign` is the same for faults that are likely one, and `told` is the whole of it."""

    sign: str
    told: str = ""


class Complaints(logging.Handler):
    """Collects records of level ERROR, warnings, and what Python could not raise, while it is listening.

    Where `clients_go` before they are answered, what runs for them is cancelled, and graphql-core lets go of coroutines
    that had not begun: Python warns of that, and nothing is wrong.
    """

    clients_go = False

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[Fault] = []

    def emit(self, record: logging.LogRecord) -> None:
        """A record of the log."""
        error = record.exc_info[1] if record.exc_info else None
        sign = record.getMessage().splitlines()[0][:80] if error is None else place_of(error)
        self.found.append(Fault(f"log: {sign}", f"{record.getMessage()}\n{text_of(error)}"))

    def take(self) -> list[Fault]:
        """What was found since."""
        found, self.found = self.found, []
        return found

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for the time of the block."""

        def warned(message: Warning | str, category: type[Warning], *_: object) -> None:
            if self.clients_go and str(message).endswith("was never awaited"):
                return
            self.found.append(Fault(f"warning: {category.__name__}: {str(message)[:80]}", str(message)))

        def unraised(what: "sys.UnraisableHookArgs") -> None:
            told = f"{what.err_msg} {what.object!r}\n{text_of(what.exc_value)}"
            self.found.append(Fault(f"unraisable: {what.exc_value!r:.80}", told))

        shown, hook = warnings.showwarning, sys.unraisablehook
        logging.getLogger().addHandler(self)
        setattr(warnings, "showwarning", warned)  # noqa: B010  # it takes fewer parameters than it is given
        sys.unraisablehook = unraised
        try:
            yield
        finally:
            logging.getLogger().removeHandler(self)
            warnings.showwarning, sys.unraisablehook = shown, hook


@dataclass(slots=True)
class Held:
    """How long one step of the event loop took at most: of its thread's own time, and by the clock."""

    cpu_s: float = 0.0
    clock_s: float = 0.0

    @property
    def too_long(self) -> bool:
        """Whether others had to wait for too long."""
        return self.cpu_s > MOST_CPU_S or self.clock_s > MOST_WAIT_S


class Watch:
    """Measures every step of asyncio's own event loop."""

    def __init__(self) -> None:
        self.held = Held()

    def take(self) -> Held:
        """The longest step since."""
        held, self.held = self.held, Held()
        return held

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Measure for the time of the block."""
        step: Callable[[asyncio.Handle], None] = getattr(asyncio.Handle, STEP)

        def measured(handle: asyncio.Handle) -> None:
            cpu, clock = time.thread_time(), time.perf_counter()
            try:
                step(handle)
            finally:
                held = self.held
                held.cpu_s = max(held.cpu_s, time.thread_time() - cpu)
                held.clock_s = max(held.clock_s, time.perf_counter() - clock)

        setattr(asyncio.Handle, STEP, measured)
        try:
            yield
        finally:
            setattr(asyncio.Handle, STEP, step)


def judged(answer: Answer, method: str, sent: bytes) -> list[Fault]:
    """What is wrong with an answer by itself; `sent` is all that was sent, which may be told back."""
    if answer.error is not None:
        return [Fault(f"raised: {place_of(answer.error)}", text_of(answer.error))]
    if answer.status is None:
        return []
    if answer.status >= 500 and not is_set_up_by_nobody(answer):
        return [Fault(f"status {answer.status}", answer.body[:2000].decode("utf-8", "replace"))]
    body = plain_body(answer)
    if body is None:
        return [Fault("an encoding that is none", repr(answer.headers))]
    return told_from_inside(body, sent) + judged_json(answer, method, body)


def is_set_up_by_nobody(answer: Answer) -> bool:
    """Whether it is said that billing needs a key, which nobody has set here: that answer is right."""
    return answer.status == 503 and NO_KEY.encode() in (plain_body(answer) or b"")


def told_from_inside(body: bytes, sent: bytes) -> list[Fault]:
    """Words in a body that only we should read, unless they were sent."""
    return [
        Fault(f"words from inside: {word.decode()}", body[:2000].decode("utf-8", "replace"))
        for word in INSIDE
        if word in body and word not in sent
    ]


def judged_json(answer: Answer, method: str, body: bytes) -> list[Fault]:
    """What is wrong with an answer that says it is JSON."""
    media_type = answer.headers.get(b"content-type", b"").partition(b";")[0]
    if not media_type.endswith(b"json") or method == "HEAD" or answer.status in (204, 304):
        return []
    try:
        content = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        return [Fault("no JSON", f"{error}: {body[:2000]!r}")]
    return [Fault("code INTERNAL", body[:2000].decode())] if is_internal(content) else []


def is_internal(content: object) -> bool:
    """Whether a GraphQL answer has an error of ours."""
    errors = content.get("errors") if isinstance(content, dict) else None
    if not isinstance(errors, list):
        return False
    return any(isinstance(one, dict) and one.get("extensions", {}).get("code") == "INTERNAL" for one in errors)


def plain_body(answer: Answer) -> bytes | None:
    """The body without its compression; None where it is not what its header says."""
    if answer.headers.get(b"content-encoding") != b"gzip":
        return answer.body
    try:
        return gzip.decompress(answer.body) if answer.body else b""
    except (OSError, EOFError, zlib.error):
        return None


def text_of(error: BaseException | None) -> str:
    """An exception with the end of its traceback."""
    return "" if error is None else "".join(traceback.format_exception(error))[-3000:]


def place_of(error: BaseException) -> str:
    """An exception's type, and the last place that it came through."""
    return f"{type(error).__name__} in {last_place(error.__traceback__)}"


def last_place(trace: TracebackType | None) -> str:
    """The last frame of a traceback."""
    frames = traceback.extract_tb(trace)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].name}" if frames else "-"
