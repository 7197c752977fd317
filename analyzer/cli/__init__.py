"""The `rebill` command: parsing and printing only; heavy imports wait until a command runs."""

import sys
from importlib import import_module
from typing import ClassVar, NoReturn

import click

from analyzer.errors import RebillError


class _Commands(click.Group):
    """Commands by name, each imported when it is called."""

    table: ClassVar[dict[str, tuple[str, str]]] = {
        "demo": ("demo", "Write the sample reports from the sample logs."),
        "ingest": ("ingest", "Take logs into a store and print where every line went."),
        "fetch": ("fetch", "Download the vendor's usage or cost report with an admin key."),
        "sources": (
            "sources",
            "List the log formats, what they carry and which levers they enable.",
        ),
        "check": ("check", "Check conservation, prices and the replay against the bill."),
        "replay": (
            "replay",
            "Replay the traffic under a policy and print what each lever is worth.",
        ),
        "reuse": ("reuse", "Tell how much of the prompts could ever be read from cache."),
        "policy": ("policy", "Show, check or search a policy file."),
        "quote": ("quote", "Set a fixed fee beside a share of the savings."),
        "baseline": (
            "baseline",
            "Freeze a baseline, verify it, and measure a later period against it.",
        ),
        "bridge": ("bridge", "Say why one period's bill differs from another's."),
        "report": ("report", "Write a report as one self-contained HTML file."),
        "commit": ("commit", "Size a spend commit on your own traffic, after the levers."),
        "speculative": (
            "speculative",
            "Prove on a real model that speculative decoding changes waiting, not invoices.",
        ),
        "export": ("export", "Write the traffic in a form that other tools read."),
        "prices": (
            "prices",
            "Show the dated price book, check it, or price its changes on your traffic.",
        ),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the commands in the order of the work."""
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        if cmd_name not in self.table:
            return None
        command = getattr(import_module(f"analyzer.cli.{self.table[cmd_name][0]}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above names commands only
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.table.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rebill")
def cli() -> None:
    """Replay your own Claude traffic and show what the bill could have been.

    \b
    Example:
      rebill ingest ~/logs --store traffic.duckdb
      rebill report savings --store traffic.duckdb -o savings.html
    """  # noqa: D301 - \b keeps click from joining the example's lines


def main() -> None:
    """Run the command; a fault of the input is one line and exit status 1."""
    try:
        cli()
    except RebillError as error:
        _complain(str(error))
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        _complain(f"{error.filename or 'output'}: {error.strerror}; {_ADVICE}")


def _complain(words: str) -> NoReturn:
    from analyzer.cli.printing import plain

    click.echo(f"rebill: {plain(words)}", err=True)
    sys.exit(1)


_ADVICE = "check free space and rights, then run the same command again"
