"""The operations on xAPI endpoints, as a list."""

from http import HTTPStatus

from gateway.doors.door import Door
from gateway.doors.kinds import Choice, Flag, Integer, Key, Listed, Text
from gateway.doors.parameters import Parameter
from gateway.talktiko.envelope import collection, deleted, endpoint
from gateway.talktiko.parameters import DELETE, GET, PAGING, POST, PUT

OF_ENDPOINT = Parameter("id", Integer(1), required=True, in_path=True)
CREDENTIALS = (
    Parameter("auth_type", Choice(("basic", "bearer"))),
    Parameter("username", Text()),
    Parameter("password", Text()),
    Parameter("token", Text()),
)
SPEAKING = (Parameter("version", Key(("1.0.3", "2.0.0"))), Parameter("verbs", Listed(Text())))

XAPI_DOORS = (
    Door(
        "List xAPI endpoint configurations",
        GET,
        "/integrations/xapi-endpoints",
        PAGING,
        "xapi_endpoints",
        collection,
    ),
    Door(
        "Register an xAPI LRS endpoint",
        POST,
        "/integrations/xapi-endpoints",
        (Parameter("name", Text()), Parameter("url", Text(), required=True), *CREDENTIALS, *SPEAKING),
        "register_xapi_endpoint",
        endpoint,
        status=HTTPStatus.CREATED,
        creates=True,
    ),
    Door(
        "Update endpoint credentials",
        PUT,
        "/integrations/xapi-endpoints/{id}",
        (
            OF_ENDPOINT,
            *CREDENTIALS,
            Parameter("name", Text()),
            Parameter("url", Text()),
            *SPEAKING,
            Parameter("is_active", Flag()),
        ),
        "update_xapi_endpoint",
        endpoint,
    ),
    Door(
        "Remove an xAPI endpoint",
        DELETE,
        "/integrations/xapi-endpoints/{id}",
        (OF_ENDPOINT,),
        "delete_xapi_endpoint",
        deleted,
        status=HTTPStatus.NO_CONTENT,
    ),
)
