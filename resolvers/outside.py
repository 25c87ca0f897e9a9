"""What commands need to reach the outside: the client of requests, and what seals the secrets that these carry."""

from dataclasses import dataclass

from resolvers.egress.client import Egress
from resolvers.payments import Payments
from resolvers.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Outside:
    """Made once for a process. `home` is the address under which others know this server; None where it has none.

    `payments` says how Stripe is reached; None where nobody pays here.
    """

    egress: Egress
    sealer: Sealer
    home: str | None = None
    payments: Payments | None = None
