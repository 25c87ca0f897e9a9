"""The settings of a worker, read from KAKEHASHI_… variables: those of web processes, and its own."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from resolvers.settings import SharedSettings, read
from resolvers.webhooks.retries import PATIENT, SHORT, STEADY

LONGEST_S = 7 * 86_400.0


def delays(value: object) -> tuple[float, ...]:
    """Seconds, parted by commas."""
    parts = value if isinstance(value, tuple) else [part for part in str(value).split(",") if part.strip()]
    try:
        found = tuple(float(part) for part in parts)
    except ValueError:
        found = (-1.0,)
    if not all(0 <= one <= LONGEST_S for one in found):
        raise ValueError("use seconds such as 30,300,1800, none of them more than a week")
    return found


Delays: TypeAlias = Annotated[tuple[float, ...], NoDecode, BeforeValidator(delays)]


class JobSettings(SharedSettings):
    """What an operator decides of a worker. Each field is read from KAKEHASHI_ and its name in capitals."""

    # How many seconds lie between two looks for what is due. What happens here wakes the worker without that.
    worker_interval_s: float = Field(default=1, ge=0.05, le=60)
    # After how many seconds a delivery is tried again, each time that it has failed; the short schedule's.
    webhook_retry_delays: Delays = SHORT
    # The same of a Learning Record Store, which is tried for ever: the last one again and again.
    xapi_retry_delays: Delays = Field(default=STEADY, min_length=1)
    # The same of a grade for an LTI platform; after the last one it is given up.
    lti_retry_delays: Delays = PATIENT
    # How many seconds lie between two runs through the usage feed of an upstream.
    upstream_interval_s: float = Field(default=300, ge=1, le=86_400)
    # After how many seconds the roster of an LTI platform is tried again; then it is given up until the next day.
    lti_roster_retry_delays: Delays = (30, 300, 1800, 7200, 36_000)
    # How many percent of the active members of a source an import may end before somebody has to confirm it.
    import_max_deactivations: int = Field(default=20, ge=0, le=100)
    # How long the access log is kept.
    access_log_days: int = Field(default=365, ge=1, le=36_500)


def read_settings() -> JobSettings:
    """The settings of this process; raises WrongSetting with one line that names the first wrong variable."""
    return read(JobSettings)
