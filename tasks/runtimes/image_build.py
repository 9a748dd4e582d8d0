"""Building a kernel's image, its progress as lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError

from broker_config.settings import Settings
from broker_config.wire.errors import ImageBuildFailed
from tasks.runtimes.connection import translated
from tasks.runtimes.image_context import DOCKERFILE, context
from tasks.runtimes.images import tag_of

TIMEOUT_S = 900.0
"""Longest silence of the engine: one step that downloads a few hundred MB says nothing meanwhile."""
TAIL_LINES = 12


@dataclass(frozen=True, slots=True)
class Order:
    """What to build. ``args``: build arguments such as BASE_IMAGE or PIP_INDEX_URL; ``ca_bundle``: a PEM
    file; ``fresh``: without the engine's cache."""

    flavour: str
    args: dict[str, str] = field(default_factory=dict)
    ca_bundle: Path | None = None
    fresh: bool = False


def build(client: docker.DockerClient, settings: Settings, order: Order) -> Iterator[str]:
    """Build it, yielding what the engine tells, a line at a time. The image that had the tag keeps existing
    for the kernels that run on it. ``client`` needs a timeout of ``TIMEOUT_S``.

    Raises:
        ImageBuildFailed: with the last lines.
        EngineAbsent: the engine does not answer.
    """
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    failure: str | None = None
    packed = context(order.ca_bundle)
    try:
        with translated(settings):
            told = client.api.build(
                fileobj=packed,
                custom_context=True,
                dockerfile=DOCKERFILE,
                tag=tag_of(settings, order.flavour),
                buildargs={**order.args, "FLAVOUR": order.flavour},
                nocache=order.fresh,
                rm=True,
                forcerm=True,
                decode=True,
            )
            # To its end also after an error, which is its last message: the connection is free only then.
            for message in told:
                failure = message.get("error", failure)
                for line in _lines(message):
                    tail.append(line)
                    yield line
    except APIError as error:
        raise ImageBuildFailed(f"the engine refused to build: {error.explanation or error}") from None
    if failure is not None:
        raise ImageBuildFailed("\n".join(["the build failed:", *tail, failure.strip()]))


def _lines(message: dict[str, Any]) -> list[str]:
    text = message.get("stream") or message.get("status") or ""
    return [line.rstrip() for line in str(text).splitlines() if line.strip()]
