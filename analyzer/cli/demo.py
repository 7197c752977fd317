"""`rebill demo`."""

from pathlib import Path

import click

from analyzer.cli import printing, replay, report
from analyzer.cli.commit import load_offers
from analyzer.cli.demo_contract import write_contract
from analyzer.cli.question import read_policy
from analyzer.contracts import baseline as baselines
from analyzer.contracts.commit.registers import backed
from analyzer.contracts.commit.sizing import Drawing, negotiate
from analyzer.contracts.logged import whole_days
from analyzer.contracts.owners import load_owners
from analyzer.contracts.review import Asked, review
from analyzer.errors import InputError
from analyzer.ingest import ingest
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.savings import Question, examine
from analyzer.store import Store

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs"
PARTS = (
    "captures",
    "claude_code",
    "vendor/usage_report.json",
    "vendor/cost_report.json",
    "vendor/invoice_2026-09.json",
    "vendor/invoice_2026-10.json",
)
BASELINE = "2026-09-01..2026-09-28"
STORE = "sample.duckdb"


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("out"),
    show_default=True,
    help="Folder for the store and the reports.",
)
def demo(out: Path) -> None:
    """Take the sample logs in, replay them and write the sample reports.

    The logs are synthetic: a seeded generator wrote them for two companies that do not exist; the
    gainshare report is of the second one, which has a contract.

    \b
    Example:
      rebill demo --out out
    """  # noqa: D301 - \b keeps click from joining the example's lines
    if not SAMPLES.exists():
        raise InputError(f"{SAMPLES}: no sample logs here; run the demo from the source tree")
    store = out / STORE
    with Store.open(store, create=True) as opened:
        click.echo("taking in the sample logs and the vendor's reports", err=True)
        intake = ingest([str(SAMPLES / part) for part in PARTS], opened)
        if intake.failed:
            raise InputError(f"{SAMPLES}: {intake.complaints[0]}; restore the sample logs")
        printing.ledger(opened.ledger())
        question = Question(
            policy=read_policy(SAMPLES / "policy.toml"), title="Example Corp (synthetic)"
        )
        book = Book.load()
        examined = examine(opened, book, question, _tell)
        offers = load_offers(SAMPLES / "offers.toml")
        owners = load_owners(SAMPLES / "owners.toml")
        sized = backed(negotiate(opened, offers, question, Drawing(), _tell), None, owners)
        _indicative(opened, book, question)
    found = examined.savings
    replay.say(found)
    reviewed = review(examined, book, Asked(owners=owners))
    pages = (
        *write_contract(SAMPLES, out, book),
        *report.write(found, out / "savings.html"),
        *report.write_review(reviewed, out / "review.html"),
        *report.write_negotiation(sized, out / "negotiation.html"),
    )
    for path in (store, *pages):
        click.echo(f"wrote {path} ({path.stat().st_size:,} bytes)")


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _indicative(store: Store, book: Book, question: Question) -> None:
    """Say why no fee may rest on this company's first weeks."""
    ask = baselines.Ask(whole_days(BASELINE), question.title, question.policy or Policy.observed())
    frozen = baselines.freeze(store, book, ask)
    failed = [f"{one.name} ({one.figure})" for one in frozen.gates if one.standing == "fail"]
    if failed:
        _tell(
            f"a baseline of {question.title} would be indicative, so that no fee may rest on it:"
            f" {'; '.join(failed)}"
        )
