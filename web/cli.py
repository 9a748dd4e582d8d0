"""The command line: ``husk``."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "up": "web.commands.stack:up",
    "down": "web.commands.stack:down",
    "status": "web.commands.stack:status",
    "doctor": "web.commands.stack:doctor",
    "image": "web.commands.image:image",
    "kernel": "web.commands.kernel:kernel",
    "exec": "web.commands.execute:execute",
    "notebook": "web.commands.notebook:notebook",
    "flow": "web.commands.flow:flow",
    "run": "web.commands.run:run",
    "schedule": "web.commands.schedule:schedule",
    "artifact": "web.commands.artifact:artifact",
    "files": "web.commands.files:files",
    "logs": "web.commands.logs:logs",
    "token": "web.commands.token:token",
    "user": "web.commands.user:user",
}


class Commands(click.Group):
    """Imports a command when it is asked for: `husk status` loads no HTTP client."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """All names, in the order of use."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of a name."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="husk")
@click.option("--url", help="Address of another Husk; default: the stack of this data folder.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False),
    help="File with an API token; default: admin.token of the data folder.",
)
@click.pass_context
def main(context: click.Context, url: str | None, token_file: str | None) -> None:
    """Python in kernels, driven by Celery.

    Exit codes: 0 done, 1 it failed, 2 wrong use, 3 the server cannot be reached.
    """
    context.obj = {"url": url, "token_file": token_file}


if __name__ == "__main__":
    main()
