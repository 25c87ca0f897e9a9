"""A bounded memory of a process: what it holds is forgotten after a time, and earlier where there is too much of it."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """Values by key, each for `lifetime_s` seconds of the monotonic clock `now`; at most `size`, the last used ones."""

    def __init__(self, *, size: int, lifetime_s: float, now: Callable[[], float]) -> None:
        self.size = size
        self.lifetime_s = lifetime_s
        self.now = now
        self.held: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def find(self, key: str) -> T | None:
        """The value of a key; None where there is none, or none any more."""
        held = self.held.get(key)
        if held is None:
            return None
        until, value = held
        if self.now() >= until:
            del self.held[key]
            return None
        self.held.move_to_end(key)
        return value

    def hold(self, key: str, value: T) -> None:
        """Hold a value from now on."""
        self.held[key] = (self.now() + self.lifetime_s, value)
        self.held.move_to_end(key)
        if len(self.held) > self.size:
            self.held.popitem(last=False)
