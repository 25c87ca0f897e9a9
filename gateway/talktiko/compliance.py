"""The operation on compliance documents."""

from gateway.doors.door import Door
from gateway.doors.kinds import Integer
from gateway.doors.parameters import Parameter
from gateway.talktiko.envelope import short_list
from gateway.talktiko.parameters import GET

COMPLIANCE_DOORS = (
    Door(
        "Compliance documentation status",
        GET,
        "/institutions/{id}/compliance",
        (Parameter("id", Integer(1), required=True, in_path=True),),
        "compliance",
        short_list("compliance"),
    ),
)
