"""What ``husk schedule create`` is told, as the API's fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from web.commands.durations import Duration

KINDS = ("cron", "every", "at", "file", "after")
_OPTIONS = (
    click.option("--name", required=True, help="What it is called."),
    click.option("--cron", help='Five fields, as "30 6 * * 1-5".'),
    click.option("--every", type=Duration(), help="At least a minute, as 15m, 1h, 1d."),
    click.option("--at", help="Once, at a time as 2026-12-01T06:00."),
    click.option("--file", help="At every new shared file whose path starts so, as inbox/."),
    click.option("--pattern", help="With --file: and whose rest is like this, as *.csv."),
    click.option("--path-to", metavar="PARAMETER", help="With --file: gets the path of the file."),
    click.option("--after", metavar="FLOW", help="At every success of another flow."),
    click.option("--timezone", default="UTC", show_default=True, help="IANA name, as Europe/Amsterdam."),
    click.option(
        "--overlap",
        type=click.Choice(["skip", "queue", "cancel_previous", "allow"]),
        help="While its last run is under way; default: queue for --file and --after, else skip.",
    ),
    click.option(
        "--catch-up",
        type=click.Choice(["none", "last", "all"]),
        default="last",
        show_default=True,
        help="Slots that passed while Husk was down.",
    ),
    click.option("--catch-up-limit", type=click.IntRange(1, 100), default=10, show_default=True),
    click.option("--retries", type=click.IntRange(0, 10), default=0, show_default=True),
    click.option("--retry-delay", type=Duration(), default=60.0, help="Doubles each time; default: 60s."),
    click.option("--timeout", type=Duration(), help="Of each run."),
    click.option("--from", "start_at", help="No slot before, as 2026-12-01."),
    click.option("--until", "end_at", help="No slot after."),
    click.option("--paused", is_flag=True, help="Make it, and start nothing yet."),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """All options of a new schedule."""
    for one in reversed(_OPTIONS):
        command = one(command)
    return command


def fields_of(given: dict[str, Any]) -> dict[str, Any]:
    """The API's fields; ``after`` is a flow's id.

    Raises:
        click.UsageError: not one kind, or what belongs to another one.
    """
    said = [name for name in KINDS if given[name] is not None]
    if len(said) != 1:
        raise click.UsageError("say when by one of --cron, --every, --at, --file and --after")
    if said != ["file"] and (given["pattern"] is not None or given["path_to"] is not None):
        raise click.UsageError("--pattern and --path-to go with --file")
    kind, spec = _SPECS[said[0]](given)
    plain = (
        "name",
        "timezone",
        "overlap",
        "catch_up",
        "catch_up_limit",
        "retries",
        "start_at",
        "end_at",
        "paused",
    )
    return {
        **{name: given[name] for name in plain},
        "kind": kind,
        "spec": spec,
        "retry_delay_s": given["retry_delay"],
        "timeout_s": given["timeout"] or None,
    }


_SPECS: dict[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]] = {
    "cron": lambda given: ("cron", {"cron": given["cron"]}),
    "every": lambda given: ("interval", {"every_s": given["every"]}),
    "at": lambda given: ("once", {"at": given["at"]}),
    "file": lambda given: (
        "file",
        {
            "prefix": given["file"],
            **({} if given["pattern"] is None else {"pattern": given["pattern"]}),
            **({} if given["path_to"] is None else {"parameter": given["path_to"]}),
        },
    ),
    "after": lambda given: ("flow", {"flow_id": given["after"]}),
}
