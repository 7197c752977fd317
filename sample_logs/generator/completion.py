"""Traffic (c): code completion in an editor: bursts of single shots, short answers, no caching."""

from itertools import accumulate

from generator.calendar import HOUR_S, WORKDAYS, office_ms
from generator.exchanges import Caller, Exchange, timed, tokens_to_text, unlogged, with_retries
from generator.seeded import Curve, Sampler, stream
from generator.words import Writer, code

CALLER = Caller(workspace="wrkspc_syn_engineering", key="ide-plugin", app="editor")
"""Names neither workload nor tags: the analyser must find the workload by other means."""
MODEL = "claude-haiku-4-5"
CALLS = 2000
BURSTS = 30
MAX_TOKENS = 256

_INPUT = Curve({0.01: 260, 0.1: 560, 0.5: 1469, 0.9: 4300, 0.99: 7436})
_OUTPUT = Curve({0.01: 2, 0.5: 13, 0.9: 64, 0.99: 230})
_TYPING_S = Curve({0.1: 0.4, 0.5: 1.6, 0.9: 7, 0.99: 25})
_AWAY = Curve({0.1: 0.06, 0.5: 0.5, 0.9: 2.4, 0.99: 9})
"""Open time between bursts, in units that are scaled to the period."""
_INSTRUCTION = "Synthetic: complete the code at the cursor."


def calls(seed: int) -> list[Exchange]:
    """Give the editor's calls."""
    random = stream(seed, "completion")
    writer = Writer(seed, "completion")
    sizes, outputs, typing = (Sampler(random, curve) for curve in (_INPUT, _OUTPUT, _TYPING_S))
    away = Sampler(random, _AWAY)
    waits = [away.draw() for _ in range(BURSTS + 1)]
    scale = len(WORKDAYS) * 9 * HOUR_S / sum(waits)
    result: list[Exchange] = []
    for burst, opened in enumerate(list(accumulate(waits))[:BURSTS]):
        source = code(seed, 48_000, f"synthetic/module_{burst}.py")
        start_ms = office_ms(opened * scale, 8 * HOUR_S, 9)
        for number in range(len(result), CALLS * (burst + 1) // BURSTS):
            output = min(outputs.draw_int(), MAX_TOKENS)
            _, end_ms = timed(start_ms, output, 0.25 + random.random() * 0.3, 140)
            prompt = source[: sizes.draw_int() * 4 - len(_INSTRUCTION)]
            result.append(
                Exchange(
                    name=f"completion_{number + 1:04}",
                    caller=CALLER,
                    request={
                        "model": MODEL,
                        "max_tokens": MAX_TOKENS,
                        "system": _INSTRUCTION,
                        "stop_sequences": ["\n\n"],
                        "messages": [{"role": "user", "content": prompt}],
                    },
                    start_ms=start_ms,
                    first_ms=end_ms,
                    end_ms=end_ms,
                    answer=writer.text(random, tokens_to_text(output)),
                    output_tokens=output,
                    stop_reason="max_tokens" if output == MAX_TOKENS else "stop_sequence",
                )
            )
            start_ms += round(typing.draw() * 1000)
    return unlogged(with_retries(result, random, 0.003), random)
