"""What an engine gets to build a kernel's image from: the same files out of a checkout and out of a wheel."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from broker_config.wire.errors import ImageBuildFailed

DOCKERFILE = "compose/kernel.Dockerfile"
PACKAGES = ("broker_config", "kernel_worker")
HOST_CRT = "compose/site/host.crt"
TOP = Path(__file__).resolve().parents[2]
SHIPPED = Path(__file__).resolve().parent / "kernel_image"
"""Where a wheel holds what a checkout has in ``compose/``; see pyproject.toml."""


def context(ca_bundle: Path | None = None) -> io.BytesIO:
    """A tar of the files, all owned by root. ``ca_bundle``: certificates that the build and kernels trust.

    Raises:
        ImageBuildFailed: a file is not there or cannot be read.
    """
    packed = io.BytesIO()
    try:
        with tarfile.open(fileobj=packed, mode="w") as tar:
            files = dict(_files())
            if ca_bundle is not None:
                files[HOST_CRT] = ca_bundle
            for name, path in sorted(files.items()):
                _add(tar, name, path.read_bytes())
    except OSError as error:
        raise ImageBuildFailed(f"cannot read {error.filename}: {error.strerror}") from None
    packed.seek(0)
    return packed


def _files() -> Iterator[tuple[str, Path]]:
    compose = TOP / "compose" if (TOP / DOCKERFILE).is_file() else SHIPPED
    if not (compose / "kernel.Dockerfile").is_file():
        raise ImageBuildFailed("no kernel.Dockerfile in this installation: use a wheel or a checkout")
    yield DOCKERFILE, compose / "kernel.Dockerfile"
    for folder in ("requirements", "site"):
        for path in (compose / folder).iterdir():
            if path.is_file() and not path.name.startswith("."):
                yield f"compose/{folder}/{path.name}", path
    for package in PACKAGES:
        for path in (TOP / package).rglob("*.py"):
            yield path.relative_to(TOP).as_posix(), path


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    # Owner, mode and time are the same wherever it is packed, so that the engine's cache is of use.
    about = tarfile.TarInfo(name)
    about.size = len(content)
    about.mode = 0o644
    tar.addfile(about, io.BytesIO(content))
