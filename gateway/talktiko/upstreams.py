"""The operations on products whose usage feed (利用実績) is collected; ours, in the style of the documented ones."""

from http import HTTPStatus

from gateway.doors.door import Door
from gateway.doors.kinds import Flag, Integer, Moment, Text
from gateway.doors.parameters import Parameter
from gateway.talktiko.envelope import collection, deleted, resource, upstream
from gateway.talktiko.parameters import DELETE, GET, PAGING, PATCH, POST

OF_UPSTREAM = Parameter("id", Integer(1), required=True, in_path=True)

UPSTREAM_DOORS = (
    Door(
        "List products whose usage feed is collected", GET, "/integrations/upstreams", PAGING, "upstreams", collection
    ),
    Door(
        "Register a product whose usage feed is collected",
        POST,
        "/integrations/upstreams",
        (
            Parameter("name", Text(), required=True),
            Parameter("url", Text(), required=True),
            Parameter("credential", Text()),
        ),
        "create_upstream",
        upstream,
        status=HTTPStatus.CREATED,
        creates=True,
    ),
    Door("Get an upstream", GET, "/integrations/upstreams/{id}", (OF_UPSTREAM,), "upstream", resource),
    Door(
        "Update some of an upstream",
        PATCH,
        "/integrations/upstreams/{id}",
        (OF_UPSTREAM, Parameter("url", Text()), Parameter("credential", Text()), Parameter("is_active", Flag())),
        "update_upstream",
        upstream,
    ),
    Door(
        "Remove an upstream",
        DELETE,
        "/integrations/upstreams/{id}",
        (OF_UPSTREAM,),
        "delete_upstream",
        deleted,
        status=HTTPStatus.NO_CONTENT,
    ),
    Door(
        "List what was collected from other products",
        GET,
        "/integrations/collected-usage",
        (
            *PAGING,
            Parameter("source", Text()),
            Parameter("user_id", Text()),
            Parameter("from", Moment()),
            Parameter("to", Moment()),
        ),
        "collected_usage",
        collection,
    ),
)
