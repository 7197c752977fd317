"""`rebill policy suggest`."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from analyzer.cli import printing
from analyzer.cli.options import progress, store_option
from analyzer.cli.question import read_policy, read_prices
from analyzer.prices import Book
from analyzer.savings import Prices, Question
from analyzer.savings.lines import RISKS, change
from analyzer.savings.suggest import Suggestion
from analyzer.savings.suggest import suggest as search
from analyzer.savings.suggested_file import dollars, snippet, span, text_of
from analyzer.search.choice import Step
from analyzer.search.searching import rule_of
from analyzer.search.windows import Worth
from analyzer.store import Store


@click.command()
@store_option
@click.option(
    "--policy",
    "policy_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Base policy: its constraints hold, its lines are tried, its names are kept.",
)
@click.option(
    "--prices",
    default="period-end",
    show_default=True,
    callback=lambda _context, _option, text: read_prices(text),
    help="List prices of a day (YYYY-MM-DD), of the log's last day (period-end), or of each "
    "request's own day (logged).",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the policy here, as a file to edit.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def suggest(
    store: Path, policy_path: Path | None, prices: Prices, output: Path | None, *, as_json: bool
) -> None:
    """Search the cheapest policy the log supports, and print the order to adopt it in.

    It is chosen on the first weeks and checked on the rest; both are printed.

    \b
    Example:
      rebill policy suggest --store traffic.duckdb -o policy.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines
    base = read_policy(policy_path)
    with Store.open(store) as opened:
        found = search(opened, Book.load(), Question(base, prices), progress)
    if output is not None:
        output.write_text(text_of(found), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(record(found), indent=2, ensure_ascii=False))
        return
    say(found)
    if output is not None:
        click.echo(f"wrote {output} ({output.stat().st_size:,} bytes)")


def say(found: Suggestion) -> None:
    """Print the windows, the steps and what to know of them."""
    searched = found.searched
    chosen, checked = span(searched.windows)
    click.echo(f"chosen on   {chosen}: {_total(searched.fit_worth, searched.fit.observed)}")
    if searched.kept is not None and searched.kept_worth is not None:
        click.echo(f"checked on  {checked}: {_total(searched.kept_worth, searched.kept.observed)}")
        lost = -searched.losers_kept
        click.echo(
            f"every line chosen saves {dollars(searched.chosen_kept)} where checked; "
            f"{dollars(lost)} of that is lost by lines that lose there and are not taken"
        )
    if found.captured is not None:
        click.echo(
            f"on every call, the most likely path: captures {float(found.captured):.1%} of what "
            "perfect foresight could save with the same levers"
        )
    heads = ["step", "workload", "lever", "verdict", "chosen", "range", "lower bound",
             "so far", "weeks", "checked", "risk", "grade"]  # fmt: skip
    rows = [_row(number, step, found) for number, step in enumerate(searched.steps, start=1)]
    if rows:
        printing.table("", heads, rows)
    else:
        click.echo("no change was found that saves")
    for number, step in enumerate(searched.steps, start=1):
        rule = rule_of(step)
        click.echo(printing.plain(f"{number}. {step.slot.workload}: {change(rule)}"))
        if step.verdict == "take":
            click.echo(printing.plain(f"   {snippet(rule)}"))
    for note in found.notes:
        click.echo(printing.plain(f"note: {note}"))


def _total(worth: Worth, observed: Fraction) -> str:
    share = printing.percent(worth.mean / observed) if observed else "nothing"
    return (
        f"saves {dollars(worth.mean)} of {dollars(observed)} ({share}), "
        f"{dollars(worth.low)} to {dollars(worth.high)} by loss model"
    )


def _row(number: int, step: Step, found: Suggestion) -> list[str]:
    evidence = step.evidence
    return [
        str(number),
        step.slot.workload,
        step.slot.lever,
        step.verdict,
        dollars(evidence.fit.mean),
        f"{dollars(evidence.fit.low)} to {dollars(evidence.fit.high)}",
        dollars(evidence.lower),
        dollars(found.searched.cumulative[number - 1]),
        f"{evidence.better_folds} of {len(found.searched.windows.folds)}",
        "none" if evidence.kept is None else dollars(evidence.kept.mean),
        RISKS[step.slot.lever],
        rule_of(step).grade,
    ]


def record(found: Suggestion) -> dict[str, Any]:
    """Give the result for programs; money in whole pico-dollars."""
    searched = found.searched
    chosen, checked = span(searched.windows)
    return {
        "prices": found.prices,
        "chosen_on": chosen,
        "checked_on": checked or None,
        "whole_weeks": len(searched.windows.folds),
        "whole_log_observed_pico": round(searched.whole.observed),
        "whole_log_reached_pico": round(searched.whole.reached),
        "observed_pico": round(searched.fit.observed),
        "saving_pico": _worth(searched.fit_worth),
        "captured": None if found.captured is None else float(found.captured),
        "checked_observed_pico": None if searched.kept is None else round(searched.kept.observed),
        "checked_saving_pico": _worth(searched.kept_worth),
        "checked_saving_of_all_chosen_pico": round(searched.chosen_kept),
        "checked_loss_of_losers_pico": round(searched.losers_kept),
        "local": list(searched.local),
        "replays": searched.replays,
        "loss_models": [model.name for model in found.scene.losses],
        "steps": [
            _step(step) | {"saving_so_far_pico": round(saved)}
            for step, saved in zip(searched.steps, searched.cumulative, strict=True)
        ],
        "notes": list(found.notes),
        "policy": text_of(found),
    }


def _step(step: Step) -> dict[str, Any]:
    rule, evidence = rule_of(step), step.evidence
    return {
        "workload": step.slot.workload,
        "lever": step.slot.lever,
        "verdict": step.verdict,
        "change": change(rule),
        "snippet": snippet(rule),
        "grade": rule.grade,
        "risk": RISKS[step.slot.lever],
        "saving_pico": _worth(evidence.fit),
        "lower_bound_pico": round(evidence.lower),
        "weeks_that_save": evidence.better_folds,
        "checked_saving_pico": _worth(evidence.kept),
    }


def _worth(worth: Worth | None) -> dict[str, int] | None:
    if worth is None:
        return None
    return {"mean": round(worth.mean), "least": round(worth.low), "most": round(worth.high)}
