"""``husk image``: the images that kernels in containers are made of."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.request import getproxies

import click

from broker_config.settings import load_settings
from web.commands.exits import FAILED, told
from web.commands.output import ago, as_json, show_json, size, table

FLAVOURS = ("base", "ml")


@click.group()
def image() -> None:
    """The kernels' images on this machine's Docker Engine."""


@image.command()
@click.argument("flavour", type=click.Choice(FLAVOURS), default="base")
@click.option("--base-image", help="Built upon this one.  [default: debian:bookworm-slim]")
@click.option(
    "--index-url", envvar=["PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"], help="Package index."
)
@click.option("--extra-index-url", envvar="PIP_EXTRA_INDEX_URL", help="Further ones.")
@click.option("--trusted-host", envvar="PIP_TRUSTED_HOST", help="Index without a valid certificate.")
@click.option(
    "--ca-bundle",
    envvar=["PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"],
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM file of authorities that the build, and the kernels, trust besides Debian's.",
)
@click.option("--no-cache", is_flag=True, help="Every step anew, with what Debian has today.")
@as_json
@told
def build(
    flavour: str, ca_bundle: Path | None, no_cache: bool, json_wanted: bool, **options: str | None
) -> None:
    """Build the image of FLAVOUR, base or ml; index, authorities and proxies as pip has them here."""
    from tasks.runtimes import image_build, images
    from tasks.runtimes.connection import connect

    settings = load_settings()
    order = image_build.Order(flavour, _build_args(options), ca_bundle, no_cache)
    with closing(connect(settings, image_build.TIMEOUT_S)) as client:
        for line in image_build.build(client, settings, order):
            click.echo(line, err=json_wanted)
        made = images.find(client, settings, flavour)
    if json_wanted:
        show_json(_shown(made))
    else:
        click.echo(f"{made.tag}  {made.id}  {size(made.size_bytes)}")


@image.command("list")
@as_json
@told
def list_images(json_wanted: bool) -> None:
    """List the kernels' images, older builds too."""
    from tasks.runtimes import images
    from tasks.runtimes.connection import connect

    settings = load_settings()
    with closing(connect(settings)) as client:
        found = images.listed(client, settings)
    if json_wanted:
        show_json([_shown(one) for one in found])
        return
    rows = (
        (
            i.tag or "(older)",
            i.flavour,
            i.wire,
            i.husk,
            i.id[7:19],
            size(i.size_bytes),
            ago(i.created.isoformat()),
        )
        for i in found
    )
    table(("image", "flavour", "wire", "husk", "digest", "size", "made"), rows)


@image.command()
@click.argument("flavours", type=click.Choice(FLAVOURS), nargs=-1)
@as_json
@told
def check(flavours: tuple[str, ...], json_wanted: bool) -> None:
    """Say what is missing or old, and what mends it; exit code 1 if one of FLAVOURS cannot be used.

    Without FLAVOURS base has to be there, and ml may be.
    """
    from tasks.runtimes import images
    from tasks.runtimes.connection import connect

    settings = load_settings()
    with closing(connect(settings)) as client:
        checks = [images.check(client, settings, flavour) for flavour in flavours or FLAVOURS]
    if json_wanted:
        show_json({"checks": [asdict(one) for one in checks]})
    else:
        table(("image", "", "found", "what to do"), ((c.tag, c.verdict, c.found, c.mend) for c in checks))
    wanted = flavours or ("base",)
    missing = [c for c in checks if c.flavour in wanted and c.verdict == images.Verdict.MISSING]
    if missing or any(c.verdict == images.Verdict.OUTDATED for c in checks):
        raise SystemExit(FAILED)


def _build_args(options: dict[str, str | None]) -> dict[str, str]:
    """Build arguments of what was given; an index in a folder of this machine is not one of the build's."""
    named = {
        "BASE_IMAGE": options["base_image"],
        "PIP_INDEX_URL": _remote(options["index_url"]),
        "PIP_EXTRA_INDEX_URL": _remote(options["extra_index_url"]),
        "PIP_TRUSTED_HOST": options["trusted_host"],
    }
    # The three that an engine knows without an ARG line, and keeps out of the image's history.
    proxies = {"http": "HTTP_PROXY", "https": "HTTPS_PROXY", "no": "NO_PROXY"}
    named |= {proxies[kind]: value for kind, value in getproxies().items() if kind in proxies}
    return {name: value for name, value in named.items() if value}


def _remote(urls: str | None) -> str:
    return " ".join(url for url in (urls or "").split() if url.startswith(("http://", "https://")))


def _row(found: Any) -> tuple[Any, ...]:
    about = (found.tag or "(older)", found.flavour, found.wire, found.husk, found.id[7:19])
    return *about, size(found.size_bytes), ago(found.created.isoformat())


def _shown(found: Any) -> dict[str, Any]:
    return {**asdict(found), "created": found.created.isoformat(), "fits": found.fits}
