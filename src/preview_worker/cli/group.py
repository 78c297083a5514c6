"""The group of commands. Each is imported when it is called, so that `--help` starts at once."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import click

from preview_worker.cli.exits import INVALID, OK, exit_code_of
from preview_worker.errors import PreviewError

# Command → module below preview_worker.cli, name of its click command, and its line in the overview.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "up": ("up", "up", "Start embedded Valkey, API and worker together"),
    "serve": ("serve", "serve", "Serve the HTTP API"),
    "worker": ("worker", "worker", "Take jobs from the queue and render them"),
    "render": ("render", "render", "Render a payload here and now, without a queue"),
    "dev": ("dev", "dev", "Show a payload's video on a page, anew after every save"),
    "frame": ("frame", "frame", "Write one picture of the video, at a time of a step"),
    "submit": ("submit", "submit", "Post a payload to a running service"),
    "status": ("jobs", "status", "Show a job's state"),
    "follow": ("jobs", "follow", "Follow a job to its end"),
    "cancel": ("jobs", "cancel", "Cancel a job"),
    "pause": ("pause", "pause", "Let workers take no further job"),
    "resume": ("pause", "resume", "Let workers take jobs again"),
    "artifact": ("jobs", "artifact", "List or download a job's files"),
    "approve": ("jobs", "approve", "Approve a preview; later ones are compared with it"),
    "dead-letters": ("dead_letters", "dead_letters", "See, replay or purge jobs that failed for good"),
    "validate": ("validate", "validate", "Check a payload against the contract"),
    "check": ("check", "check", "Tell all a render would warn about, without rendering"),
    "import-storyboard": ("import_storyboard", "import_storyboard", "Turn a storyboard of Mobius into a payload"),
    "test-payloads": ("test_payloads", "test_payloads", "Check a folder of good and bad payloads"),
    "schema": ("schema", "schema", "Print or write the JSON Schemas"),
    "health": ("health", "health", "Ask a running service how it is"),
    "clean": ("clean", "clean", "Remove what is over from DATA_DIR, or tell what would go"),
    "scrub": ("scrub", "scrub", "Hash published files again and tell which are damaged"),
    "chaos": ("chaos", "chaos", "Kill workers and server under load, and count every job"),
    "settings": ("settings", "settings", "List every setting with its default and meaning"),
    "demo": ("demo", "demo", "Render the example tutorial, end to end"),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of a user's way through the product."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command's module."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"preview_worker.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mobius-preview-worker", prog_name="preview-worker")
def cli() -> None:
    """Turn a board-game tutorial into a preview video.

    Start with `preview-worker demo`, then `preview-worker render examples/…/tutorial.yaml`.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; our errors become one line on stderr."""
    try:
        result = cli.main(args=list(arguments), prog_name="preview-worker", standalone_mode=False)
    except PreviewError as error:
        click.echo(f"Error ({error.code}): {error.sentence}", err=True)
        if error.hint:
            click.echo(f"Hint: {error.hint}", err=True)
        return exit_code_of(error)
    except click.ClickException as error:
        error.show()
        return INVALID
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    return result if isinstance(result, int) else OK
