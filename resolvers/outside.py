"""What commands need to reach the outside: the client of requests, and what seals the secrets that these carry."""

from dataclasses import dataclass

from resolvers.egress.client import Egress
from resolvers.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Outside:
    """Made once for a process. `home` is the address under which others know this server; None where it has none."""

    egress: Egress
    sealer: Sealer
    home: str | None = None
