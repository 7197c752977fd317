"""Traffic (d): a digest every night that nobody waits for, and a small job that uses batches."""

from datetime import date

from generator.calendar import DAYS, FIRST_DAY, HOUR_S, day_of, moment_ms
from generator.exchanges import Caller, Exchange, timed, tokens_to_text, unlogged
from generator.seeded import Curve, Random, Sampler, stream
from generator.words import Writer

OPUS_5_LIVE = date(2026, 10, 5)
BATCHES_FROM = date(2026, 10, 1)

DIGEST = Caller(
    workspace="wrkspc_syn_data",
    key="nightly-digest",
    app="warehouse",
    workload="nightly-digest",
    tags={"team": "data", "schedule": "nightly"},
)
LABELLING = Caller(
    workspace="wrkspc_syn_data", key="labelling-batch", app="warehouse", tags={"team": "data"}
)

_ARTICLE = Curve({0.05: 900, 0.5: 2300, 0.95: 5200, 0.99: 7800})
_SUMMARY = Curve({0.05: 180, 0.5: 390, 0.95: 900, 0.99: 1500})
_DIGEST_INSTRUCTION = (
    "Synthetic: summarise the report below for the morning digest of Example Corp."
)
_LABEL_INSTRUCTION = "Synthetic: give one label for the record below."


def calls(seed: int) -> list[Exchange]:
    """Give the calls of both jobs."""
    return [*_digests(seed), *_labels(seed)]


def _digests(seed: int) -> list[Exchange]:
    """Give one burst a night, some seconds after two o'clock, each report on its own."""
    random = stream(seed, "digest")
    article, summary = Sampler(random, _ARTICLE), Sampler(random, _SUMMARY)
    writer = Writer(seed, "digest")
    result: list[Exchange] = []
    for day in range(DAYS):
        start_ms = moment_ms(day, 2 * HOUR_S + random.random() * 20)
        for number in range(8 + int(random.random() * 6)):
            name = f"digest_{day + 1:02}_{number + 1:02}"
            text = writer.chapters(random, article.draw_int() * 38 // 10, f"Report {name}")
            output = summary.draw_int()
            start_ms += 400 + int(random.random() * 3000)
            _, end_ms = timed(start_ms, output, 1.5 + random.random(), 60)
            model = "claude-opus-5" if day_of(start_ms) >= OPUS_5_LIVE else "claude-opus-4-8"
            result.append(
                Exchange(
                    name=name,
                    caller=DIGEST,
                    request=_request(model, 4096, _DIGEST_INSTRUCTION, text),
                    start_ms=start_ms,
                    first_ms=end_ms,
                    end_ms=end_ms,
                    answer=writer.text(random, tokens_to_text(output)),
                    output_tokens=output,
                )
            )
    return unlogged(result, random)


def _labels(seed: int) -> list[Exchange]:
    """Give one message batch a week from October on; each item carries the batch's own times."""
    random = stream(seed, "labelling")
    writer = Writer(seed, "labelling")
    first = (BATCHES_FROM - FIRST_DAY).days
    result: list[Exchange] = []
    for week, day in enumerate(range(first, DAYS, 7)):
        start_ms = moment_ms(day, 6 * HOUR_S + random.random() * 600)
        end_ms = start_ms + 900_000 + int(random.random() * 2_000_000)
        result += [
            _label(random, writer, f"label_{week + 1}_{item + 1:02}", (start_ms, end_ms))
            for item in range(18)
        ]
    return result


def _label(random: Random, writer: Writer, name: str, times: tuple[int, int]) -> Exchange:
    output = 6 + int(random.random() * 20)
    text = writer.text(random, 2400 + int(random.random() * 3000), f"Record {name}. ")
    return Exchange(
        name=name,
        caller=LABELLING,
        request=_request("claude-sonnet-5", 64, _LABEL_INSTRUCTION, text),
        start_ms=times[0],
        first_ms=times[1],
        end_ms=times[1],
        answer=writer.text(random, tokens_to_text(output)),
        output_tokens=output,
        batch=f"msgbatch_syn_{name.split('_')[1]}",
    )


def _request(model: str, max_tokens: int, instruction: str, text: str) -> dict[str, object]:
    return {
        "model": model,
        "max_tokens": max_tokens,
        "system": instruction,
        "messages": [{"role": "user", "content": text}],
    }
