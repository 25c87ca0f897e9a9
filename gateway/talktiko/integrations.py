"""The operations of the Talktiko API by which other systems are served: webhooks and exports."""

from http import HTTPStatus

from gateway.doors.door import Door
from gateway.doors.kinds import Choice, Flag, Integer, Listed, Moment, Object, Text
from gateway.doors.parameters import Parameter
from gateway.talktiko.downloads import download
from gateway.talktiko.envelope import (
    canceled_export,
    collection,
    deleted,
    delivery,
    export,
    exports,
    replayed,
    resource,
    started_export,
    webhook,
    within,
)
from gateway.talktiko.parameters import DELETE, GET, PAGING, PATCH, POST, PUT, SPAN

OF_WEBHOOK = Parameter("id", Integer(1), required=True, in_path=True)
OF_EXPORT = OF_WEBHOOK
EXPORT_TYPES = ("learner_progress", "completions", "activity", "document")
DELIVERING = (
    Parameter("document", Text()),
    Parameter("ordered", Flag()),
    Parameter("schedule", Choice(("short", "long"))),
)

INTEGRATIONS = (
    Door("List configured webhooks", GET, "/integrations/webhooks", PAGING, "webhooks", collection),
    Door(
        "Create a webhook with event subscriptions",
        POST,
        "/integrations/webhooks",
        (
            Parameter("url", Text(), required=True),
            Parameter("events", Listed(Text()), required=True),
            Parameter("secret", Text()),
            *DELIVERING,
        ),
        "create_webhook",
        webhook,
        status=HTTPStatus.CREATED,
        creates=True,
    ),
    Door("Get a webhook", GET, "/integrations/webhooks/{id}", (OF_WEBHOOK,), "webhook", resource),
    Door(
        "Update webhook URL or events",
        PUT,
        "/integrations/webhooks/{id}",
        (
            OF_WEBHOOK,
            Parameter("url", Text(), required=True),
            Parameter("events", Listed(Text()), required=True),
            Parameter("is_active", Flag()),
            *DELIVERING,
        ),
        "update_webhook",
        webhook,
    ),
    Door(
        "Update some of a webhook",
        PATCH,
        "/integrations/webhooks/{id}",
        (
            OF_WEBHOOK,
            Parameter("url", Text()),
            Parameter("events", Listed(Text())),
            Parameter("is_active", Flag()),
            *DELIVERING,
        ),
        "update_webhook",
        webhook,
    ),
    Door(
        "Delete a webhook",
        DELETE,
        "/integrations/webhooks/{id}",
        (OF_WEBHOOK,),
        "delete_webhook",
        deleted,
        status=HTTPStatus.NO_CONTENT,
    ),
    Door(
        "Send a test ping",
        POST,
        "/integrations/webhooks/{id}/test",
        (OF_WEBHOOK,),
        "test_webhook",
        delivery,
        status=HTTPStatus.ACCEPTED,
        creates=True,
    ),
    Door(
        "Give a webhook a new secret",
        POST,
        "/integrations/webhooks/{id}/rotate-secret",
        (OF_WEBHOOK, Parameter("secret", Text()), Parameter("overlap_hours", Integer())),
        "rotate_webhook_secret",
        webhook,
        creates=True,
    ),
    Door(
        "View delivery history and status",
        GET,
        "/integrations/webhooks/{id}/deliveries",
        (
            *PAGING,
            OF_WEBHOOK,
            Parameter("status", Choice(("pending", "delivered", "failed", "dead", "skipped"))),
            Parameter("event", Text()),
            Parameter("from", Moment()),
            Parameter("to", Moment()),
        ),
        "webhook_deliveries",
        within("deliveries"),
    ),
    Door(
        "Deliver again what a webhook was told",
        POST,
        "/integrations/webhooks/{id}/replay",
        (
            OF_WEBHOOK,
            Parameter("from", Moment()),
            Parameter("to", Moment()),
            Parameter("from_seq", Text()),
            Parameter("only_failed", Flag(), default=True),
            Parameter("to_url", Text()),
        ),
        "replay_deliveries",
        replayed,
        status=HTTPStatus.ACCEPTED,
        creates=True,
    ),
    Door(
        "Deliver one thing again",
        POST,
        "/integrations/webhooks/{id}/deliveries/{delivery}/retry",
        (OF_WEBHOOK, Parameter("delivery", Integer(1), required=True, in_path=True)),
        "retry_delivery",
        delivery,
        status=HTTPStatus.ACCEPTED,
        creates=True,
    ),
    Door(
        "List export jobs and their status",
        GET,
        "/integrations/exports",
        (
            *PAGING,
            Parameter("type", Choice(EXPORT_TYPES)),
            Parameter("status", Choice(("pending", "processing", "completed", "failed", "canceled", "expired"))),
        ),
        "exports",
        exports,
    ),
    Door(
        "Request a new data export (learner progress, completions, activity)",
        POST,
        "/integrations/exports",
        (
            Parameter("type", Choice(EXPORT_TYPES), required=True),
            *SPAN,
            Parameter("course_id", Text()),
            Parameter("institution_id", Integer()),
            Parameter("format", Choice(("csv", "jsonl")), default="csv"),
            Parameter("encoding", Choice(("utf-8-sig", "utf-8", "cp932"))),
            Parameter("document", Text()),
            Parameter("variables", Object()),
        ),
        "start_export",
        started_export,
        status=HTTPStatus.ACCEPTED,
        creates=True,
    ),
    Door("Check export status", GET, "/integrations/exports/{id}", (OF_EXPORT,), "export", export),
    Door(
        "Cancel an export, or let its file go",
        DELETE,
        "/integrations/exports/{id}",
        (OF_EXPORT,),
        "cancel_export",
        canceled_export,
        status=HTTPStatus.NO_CONTENT,
    ),
    Door(
        "Download completed CSV export",
        GET,
        "/integrations/exports/{id}/download",
        (OF_EXPORT,),
        "download_export",
        export,
        respond=download,
    ),
)
