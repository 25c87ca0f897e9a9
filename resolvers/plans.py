"""Plans: what an organization pays for, and how much each token of its people may ask for that."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from db.grants import Grant


class Plan(enum.Enum):
    """What an organization subscribes to, the smallest first."""

    FREE = "free"
    PRO = "pro"
    ENTERPRISE = "enterprise"


# Requests a minute for each token, as the Talktiko API documents them. An enterprise contract names its own number;
# until one is entered, Pro's holds.
PER_MINUTE = {Plan.FREE: 100, Plan.PRO: 1000, Plan.ENTERPRISE: 1000}
ORDER = list(Plan)


@dataclass(frozen=True, slots=True)
class Contract:
    """What a person's organization has agreed: plan, requests a minute for each token, and a trial."""

    plan: Plan = Plan.FREE
    per_minute: int = PER_MINUTE[Plan.FREE]
    trial_started_at: datetime | None = None
    trial_ends_at: datetime | None = None


NO_CONTRACT = Contract()
# System operators belong to no organization, and are the operator's own people.
OPERATORS = Contract(Plan.ENTERPRISE, PER_MINUTE[Plan.ENTERPRISE])


def contract_of(grants: Iterable[Grant]) -> Contract:
    """The contract that a person's tokens run under: the one of the most requests among the organizations'."""
    found = [contract_in(grant) for grant in grants]
    return max(found, key=lambda contract: (contract.per_minute, ORDER.index(contract.plan)), default=NO_CONTRACT)


def contract_in(grant: Grant) -> Contract:
    """The contract behind one grant."""
    if grant.organization_id is None:
        return OPERATORS
    plan = Plan(grant.plan or Plan.FREE.value)
    agreed = grant.rate_limit_per_minute if plan is Plan.ENTERPRISE else None
    return Contract(plan, agreed or PER_MINUTE[plan], grant.trial_started_at, grant.trial_ends_at)
