"""An execution's Celery message as text, exactly as kombu's Redis transport puts it into a queue.

Made here and not by ``send_task``, because it goes to Redis in one step with the checks of
``publishing``, and because what is put back has to go to the other end of the queue.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from celery import Celery
from kombu.serialization import dumps as serialize
from kombu.transport.virtual.base import Base64
from kombu.utils.json import dumps

from broker_config.celery_app import producer_options
from broker_config.queues import CELL_HEADER, EXECUTE_TASK, queue_of
from broker_config.wire.codec import plain
from broker_config.wire.messages import Epoch, ExecuteCell
from tasks.ledger.executions import NewExecution
from tasks.ledger.models import Execution

PERSISTENT = 2
ENCODING = "base64"
APPS_KEPT = 16


def cell_of(row: Execution | NewExecution) -> ExecuteCell:
    """What the kernel is told to run."""
    epoch = None
    if row.epoch_generation is not None:
        epoch = Epoch(row.epoch_generation, row.epoch_number or 0)
    return ExecuteCell(
        execution_id=row.id,
        code=row.code,
        flow_id=row.flow_id,
        node_id=row.node_id,
        interactive=row.interactive,
        timeout_s=row.timeout_s,
        epoch=epoch,
        batch_id=row.batch_id,
        stop_on_error=row.stop_on_error,
        run_id=row.run_id,
        attempt=row.attempt,
        parameters=row.parameters or {},
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """What is the same in all messages of one producer."""

    headers: dict[str, Any]
    properties: dict[str, Any]
    content_type: str
    content_encoding: str
    body: str


@lru_cache(APPS_KEPT)
def _form(celery: Celery, reply_to: str) -> _Form:
    options = producer_options("", "", None, None)
    made = celery.amqp.create_task_message(name=EXECUTE_TASK, reply_to=reply_to, **options)
    headers, properties, body, _event = made
    content_type, content_encoding, data = serialize(body, serializer="json")
    return _Form(headers, properties, content_type, content_encoding, Base64().encode(data))


def message_of(celery: Celery, row: Execution | NewExecution, kernel_slug: str) -> str:
    """The text that a push into the row's queue takes; each call gives a delivery tag of its own."""
    attempt = None if row.run_id is None else row.attempt
    options = producer_options(row.id, kernel_slug, row.flow_id or None, row.node_id, row.run_id, attempt)
    shown = {name: options[name] for name in ("argsrepr", "kwargsrepr")}
    # Not the thread's own id, as in `send_task`: nobody reads a reply, and threads come and go.
    form = _form(celery, celery.oid)
    headers = {**form.headers, "id": row.id, "root_id": row.id, **shown, CELL_HEADER: plain(cell_of(row))}
    return str(
        dumps(
            {
                "body": form.body,
                "content-encoding": form.content_encoding,
                "content-type": form.content_type,
                "headers": headers,
                "properties": {
                    **form.properties,
                    "correlation_id": row.id,
                    # Celery's send_task leaves them here too.
                    **shown,
                    "delivery_mode": PERSISTENT,
                    "delivery_info": {
                        "exchange": "",
                        "routing_key": queue_of(row.kernel_uid, row.interactive),
                    },
                    "priority": 0,
                    "body_encoding": ENCODING,
                    "delivery_tag": str(uuid.uuid4()),
                },
            }
        )
    )
