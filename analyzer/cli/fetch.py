"""`rebill fetch`."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from analyzer.cli.options import progress
from analyzer.words import counted
from connectors.vendor.download import Download, download
from connectors.vendor.live import KEY_NAME, VENDOR_URL, asker
from connectors.vendor.query import DEFAULT_GROUPS, Bucket, Query, Report, Source, checked

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("report", type=click.Choice(["usage", "cost"]))
@click.option("--from", "start", type=_DAY, required=True, help="First day, UTC.")
@click.option("--to", "end", type=_DAY, required=True, help="Day after the last one, UTC.")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write; one page a line, exactly as it came.",
)
@click.option(
    "--source",
    type=click.Choice(["analytics", "admin"]),
    default="analytics",
    show_default=True,
    help="The Analytics API tells list and discounted amounts, the Admin API is its forerunner.",
)
@click.option("--group-by", help="Dimensions, with commas; by default all that prices depend on.")
@click.option(
    "--bucket", type=click.Choice(["1d", "1h", "1m"]), default="1d", show_default=True,
    help="Width of a row's time.",
)  # fmt: skip
@click.option("--base-url", default=VENDOR_URL, show_default=True, help="Address of a proxy.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def fetch(path: Path, base_url: str, *, as_json: bool, **asked: Any) -> None:
    """Download the vendor's usage or cost report, to reconcile logs with.

    The key is read from ANTHROPIC_ADMIN_KEY and is written nowhere. Only days and names of
    dimensions are sent; nothing of any log or store is. Ranges over 31 days are cut, pages are
    followed, a run that was killed or refused goes on where it stopped. Then take the file in like
    any log.

    \b
    Example:
      rebill fetch usage --from 2026-09-01 --to 2026-10-01 -o usage.jsonl
      rebill fetch cost --from 2026-09-01 --to 2026-10-01 -o cost.jsonl
      rebill ingest usage.jsonl cost.jsonl
    """  # noqa: D301 - \b keeps click from joining the example's lines
    query = _query(**asked)
    ask = asker(os.environ.get(KEY_NAME, "").strip(), base_url)
    progress(f"fetching {query.report} in {counted(len(query.windows()), 'request range')}")
    _say(download(query, path, ask), query, as_json=as_json)


def _query(
    report: Report,
    source: Source,
    bucket: Bucket,
    group_by: str | None,
    *,
    start: datetime,
    end: datetime,
) -> Query:
    groups = group_by.split(",") if group_by is not None else DEFAULT_GROUPS[source, report]
    named = tuple(dict.fromkeys(name.strip() for name in groups if name.strip()))
    return checked(Query(source, report, start.date(), end.date(), bucket, named))


def _say(found: Download, query: Query, *, as_json: bool) -> None:
    if as_json:
        told = {"path": str(found.path), "pages": found.pages, "fetched": found.fresh}
        click.echo(json.dumps(told | {"figures_reach": found.refreshed}))
    elif not found.fresh:
        click.echo(
            f"{found.path} is whole already ({counted(found.pages, 'page')}); nothing fetched"
        )
    else:
        earlier = f", {found.resumed:,} of them by an earlier run" if found.resumed else ""
        click.echo(f"wrote {found.path} ({counted(found.pages, 'page')}{earlier})")
    if _grows(found, query):
        click.echo(
            f"rebill: the vendor's figures reach to {found.refreshed}; later buckets may still "
            "grow: fetch them again when they are closed",
            err=True,
        )


def _grows(found: Download, query: Query) -> bool:
    """Tell whether the range runs past what the vendor had counted when it answered."""
    if found.refreshed is None:
        return False
    try:
        reached = datetime.fromisoformat(found.refreshed)
    except ValueError:
        return False
    end = datetime(query.end.year, query.end.month, query.end.day, tzinfo=UTC)
    return (reached if reached.tzinfo else reached.replace(tzinfo=UTC)) < end
