"""The operations on LTI platforms, which the Talktiko API calls consumers, as a list."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson

from gateway.doors.door import Asked, Data, Door
from gateway.doors.kinds import Choice, Flag, Integer, Listed, Text
from gateway.doors.parameters import Parameter
from gateway.talktiko.envelope import collection, deleted, missing, plain, refuse_mistakes
from gateway.talktiko.parameters import DELETE, GET, PAGING, POST, PUT

# What REST calls otherwise than the graph.
CALLED = {"tokenUrl": "authTokenUrl", "deployments": "deploymentIds"}
CONSUMERS, CONSUMER = "/integrations/lti-consumers", "/integrations/lti-consumers/{id}"
OF_PLATFORM = Parameter("id", Integer(1), required=True, in_path=True)
AUDIENCE = Parameter("token_audience", Text())
POLICY = (Parameter("matching", Choice(("nothing", "email", "external_id"))), Parameter("creates_accounts", Flag()))
WHOSE = Parameter("organization_code", Text())


def described(*, required: bool) -> tuple[Parameter, ...]:
    """What a platform is described by, in the documented order."""
    texts = ("name", "issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url")
    named = tuple(Parameter(name, Text(), required=required) for name in texts)
    return (*named, Parameter("deployment_ids", Listed(Text()), required=required))


def registered(_asked: Asked, data: Data) -> bytes:
    """A platform that was registered, and beside it the addresses that the LMS is told of this tool."""
    payload = changed(data)
    return orjson.dumps({"data": payload["platform"], "tool": payload["tool"]})


def updated(_asked: Asked, data: Data) -> bytes:
    """A platform as it is after a change; 404 where there is none."""
    return orjson.dumps({"data": changed(data)["platform"]})


def changed(data: Data) -> Mapping[str, Any]:
    """What came of a change; 422 with the mistakes, and 404 where there is nothing to change."""
    (payload,) = map(plain, data.values())
    refuse_mistakes([as_rest_calls(mistake) for mistake in payload["userErrors"]])
    if payload["platform"] is None:
        raise missing()
    return payload  # type: ignore[no-any-return]  # JSON has no types


def invited(_asked: Asked, data: Data) -> bytes:
    """An invitation that was made."""
    (payload,) = map(plain, data.values())
    refuse_mistakes(payload.pop("userErrors"))
    return orjson.dumps({"data": payload})


def as_rest_calls(mistake: Mapping[str, Any]) -> Mapping[str, Any]:
    """A mistake with the name that its parameter has over REST."""
    return {**mistake, "field": [CALLED.get(name, name) for name in mistake["field"]]}


LTI_DOORS = (
    Door("List LTI consumer configurations", GET, CONSUMERS, PAGING, "lti_platforms", collection),
    Door(
        "Register an LTI 1.3 consumer",
        POST,
        CONSUMERS,
        (*described(required=True), AUDIENCE, *POLICY, WHOSE),
        "register_lti_platform",
        registered,
        status=HTTPStatus.CREATED,
        creates=True,
    ),
    Door(
        "Update an LTI consumer",
        PUT,
        CONSUMER,
        (OF_PLATFORM, *described(required=False), AUDIENCE, *POLICY, Parameter("is_active", Flag())),
        "update_lti_platform",
        updated,
    ),
    Door(
        "Remove an LTI consumer",
        DELETE,
        CONSUMER,
        (OF_PLATFORM,),
        "delete_lti_platform",
        deleted,
        status=HTTPStatus.NO_CONTENT,
    ),
    Door(
        "Invite an LTI consumer to register itself",
        POST,
        f"{CONSUMERS}/invitations",
        (*POLICY, WHOSE),
        "invite_lti_platform",
        invited,
        status=HTTPStatus.CREATED,
        creates=True,
    ),
)
