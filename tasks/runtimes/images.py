"""The kernels' images on the engine: which there are, and whether this Husk can talk with what is inside."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from typing import Any

import docker
from docker.errors import APIError, NotFound

from broker_config.settings import Settings
from broker_config.wire import VERSION
from broker_config.wire.errors import ImageMissing, ImageOutdated
from tasks.runtimes.connection import refusal, translated

WIRE_LABEL, FLAVOUR_LABEL, HUSK_LABEL = "husk.wire", "husk.flavour", "husk.version"


class Flavour(StrEnum):
    """What a kernel's image holds."""

    BASE = "base"
    """IPython, Polars, PyArrow, NumPy, pandas, matplotlib, joblib, cloudpickle."""
    ML = "ml"
    """The same, scikit-learn, XGBoost, LightGBM, statsmodels and plotly."""


class Verdict(StrEnum):
    """What is to be said of the image of a flavour."""

    GOOD = "good"
    """Kernels can be made of it."""
    OLDER = "older"
    """The same, but another release of Husk built it."""
    OUTDATED = "outdated"
    """It speaks another wire contract, and is refused."""
    MISSING = "missing"
    """There is none."""


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict with its reason and the command that mends it."""

    flavour: str
    tag: str
    verdict: Verdict
    found: str
    mend: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image on the engine. ``id``: its digest, ``sha256:…``, which names these very bytes, while a tag
    may move; ``wire``: the wire contract inside, None if it says none."""

    id: str
    tag: str
    flavour: str
    wire: int | None
    husk: str
    size_bytes: int
    created: datetime

    @property
    def fits(self) -> bool:
        """Whether this Husk and the agent inside understand each other."""
        return self.wire == VERSION


def tag_of(settings: Settings, flavour: str) -> str:
    """The tag under which a flavour is built and found."""
    return f"{settings.kernel_image}:{flavour}"


def build_command(flavour: str) -> str:
    """What a person types to get it."""
    return f"husk image build {flavour}"


def find(client: docker.DockerClient, settings: Settings, flavour: str = Flavour.BASE) -> Image:
    """The image that a new kernel of this flavour is made of; start it by its ``id``.

    Raises:
        ImageMissing: there is none of this tag.
        ImageOutdated: it speaks another wire contract, or is no image of a kernel.
        EngineAbsent: the engine does not answer.
        Unavailable, Conflict, KernelStartFailed: it answers with an error.
    """
    tag = tag_of(settings, flavour)
    try:
        found = _image(_attrs(client, settings, tag), tag)
    except NotFound:
        raise ImageMissing(f"there is no image {tag}: build it with `{build_command(flavour)}`") from None
    if not found.fits:
        raise ImageOutdated(
            f"the image {tag} speaks wire contract {found.wire or 'unknown'}, this Husk {VERSION}; "
            f"rebuild: `{build_command(flavour)}`"
        )
    return found


def listed(client: docker.DockerClient, settings: Settings) -> list[Image]:
    """Every kernel's image on the engine, those without a tag (an older build) too; newest first.

    Raises:
        EngineAbsent: the engine does not answer.
        Unavailable, Conflict, KernelStartFailed: it answers with an error.
    """
    try:
        with translated(settings):
            rows = client.api.images(filters={"label": WIRE_LABEL})
    except APIError as error:
        raise refusal("list of images", error) from None
    found = []
    for row in rows:
        # Removed since it was listed: it is not there.
        with contextlib.suppress(NotFound):
            found.append(_attrs(client, settings, row["Id"]))
    images = [_image(attrs, tag) for attrs in found for tag in _tags(attrs)]
    return sorted(images, key=lambda image: (image.created, image.tag), reverse=True)


def check(client: docker.DockerClient, settings: Settings, flavour: str) -> Check:
    """Whether the image of a flavour can be used, and what mends it if not.

    Raises:
        EngineAbsent: the engine does not answer.
    """
    tag, mend = tag_of(settings, flavour), build_command(flavour)
    try:
        found = find(client, settings, flavour)
    except ImageMissing:
        return Check(flavour, tag, Verdict.MISSING, "not there", mend)
    except ImageOutdated as error:
        return Check(flavour, tag, Verdict.OUTDATED, error.message.partition(";")[0], mend)
    told = f"{found.id[7:19]}, wire contract {found.wire}, of husk {found.husk}"
    if found.husk != version("husk"):
        return Check(flavour, tag, Verdict.OLDER, f"{told}; this is husk {version('husk')}", mend)
    return Check(flavour, tag, Verdict.GOOD, told, "")


def _attrs(client: docker.DockerClient, settings: Settings, name: str) -> dict[str, Any]:
    """What the engine says of an image. The SDK's ``NotFound`` passes; else as ``listed``."""
    try:
        with translated(settings):
            found: dict[str, Any] = client.api.inspect_image(name)
    except NotFound:
        raise
    except APIError as error:
        raise refusal("image", error) from None
    return found


def _tags(attrs: dict[str, Any]) -> list[str]:
    return [tag for tag in attrs.get("RepoTags") or [] if tag != "<none>:<none>"] or [""]


def _image(attrs: dict[str, Any], tag: str) -> Image:
    labels = (attrs.get("Config") or {}).get("Labels") or {}
    wire = labels.get(WIRE_LABEL, "")
    return Image(
        id=attrs["Id"],
        tag=tag,
        flavour=labels.get(FLAVOUR_LABEL, ""),
        wire=int(wire) if wire.isdigit() else None,
        husk=labels.get(HUSK_LABEL, ""),
        size_bytes=attrs.get("Size") or 0,
        created=_created(attrs),
    )


def _created(attrs: dict[str, Any]) -> datetime:
    # An engine may leave it out, for images that say nothing of it.
    try:
        return datetime.fromisoformat(attrs["Created"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return datetime.fromtimestamp(0, UTC)
