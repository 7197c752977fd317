"""Run-lengths: what each drafter would have had accepted at every position of each answer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from analyzer.speculative.bench import END
from analyzer.speculative.decoding import decode
from analyzer.speculative.drafters import NoDraft, PromptLookup
from analyzer.speculative.journal import Row
from analyzer.speculative.run_lengths import record

if TYPE_CHECKING:
    from analyzer.speculative.bench import Bench

LONGEST = 10
"""Drafted tokens recorded at most: any shorter draft length is replayed from that."""


def rows(bench: "Bench", known: frozenset[str]) -> Iterator[Row]:
    """Each answer's run-lengths under prompt lookup, and under exits after some of the layers."""
    dtype, limit = bench.settings.dtypes[0], bench.settings.limit
    for prompt in bench.prompts:
        drafters = ["prompt-lookup", *(f"early-exit-{layers}" for layers in bench.exits())]
        wanted = [name for name in drafters if f"{name}/{prompt.id}" not in known]
        if wanted:
            engine = bench.engine(dtype, (1,))
            answer = decode(
                engine, [NoDraft()], [prompt.tokens], limit, 0, end=END
            )[0].tokens
        for name in wanted:
            if name == "prompt-lookup":
                runs = record(prompt.tokens, answer, PromptLookup(), LONGEST, limit=limit)
            else:
                layers = int(name.rsplit("-", 1)[1])
                runs = bench.exit_runs(dtype, prompt.tokens, answer, layers, LONGEST)
            yield {
                "key": f"{name}/{prompt.id}",
                "prompt": prompt.id,
                "kind": prompt.kind,
                "drafter": name,
                "longest": LONGEST,
                "limit": limit,
                "proposed": list(runs.proposed),
                "accepted": list(runs.accepted),
            }
