"""Traffic (e): long documents asked several times within minutes, without caching."""

from generator.calendar import HOUR_S, WORKDAYS, moment_ms
from generator.exchanges import Caller, Exchange, Json, timed, tokens_to_text, unlogged
from generator.seeded import Curve, Sampler, stream
from generator.words import Writer

CALLER = Caller(workspace="wrkspc_syn_legal_us", key="contract-reader", app="contracts", geo="us")
"""The workspace's default geography is "us": its calls bill 1.1 times the list price."""
MODEL = "claude-opus-5"
DOCUMENTS = 80
MAX_TOKENS = 2048

_DOCUMENT = Curve({0.05: 2600, 0.5: 6909, 0.9: 27_367, 0.99: 85_400})
_ANSWER = Curve({0.1: 200, 0.5: 350, 0.9: 597, 0.99: 1119})
_REUSE_GAP_S = Curve({0.1: 30, 0.5: 114, 0.8: 324, 0.9: 519, 0.99: 1578})
_QUESTION_TOKENS = 40
_INSTRUCTION = "Synthetic: answer from the contract only, and name the section."


def calls(seed: int) -> list[Exchange]:
    """Give the questions: each sends its whole document again, as a block of its own."""
    random = stream(seed, "documents")
    size, answers, gap = (Sampler(random, c, 80) for c in (_DOCUMENT, _ANSWER, _REUSE_GAP_S))
    writer = Writer(seed, "documents")
    result: list[Exchange] = []
    for number in range(DOCUMENTS):
        label = f"Contract {number + 1} of Example Corp (synthetic)"
        characters = (size.draw_int() - _QUESTION_TOKENS) * 38 // 10
        document = writer.chapters(random, characters, label)
        day = WORKDAYS[number * len(WORKDAYS) // DOCUMENTS]
        start_ms = moment_ms(day, (8 + random.random() * 8) * HOUR_S)
        for question in range(2 + int(random.random() * 5)):
            asked = writer.text(random, _QUESTION_TOKENS * 38 // 10, f"Question {question + 1}: ")
            output = min(answers.draw_int(), MAX_TOKENS)
            first_ms, end_ms = timed(start_ms, output, 1.2 + random.random(), 65)
            result.append(
                Exchange(
                    name=f"contract_{number + 1:02}_{question + 1}",
                    caller=CALLER,
                    request=_request(document, asked),
                    start_ms=start_ms,
                    first_ms=first_ms,
                    end_ms=end_ms,
                    answer=writer.text(random, tokens_to_text(output)),
                    output_tokens=output,
                    stop_reason="max_tokens" if output == MAX_TOKENS else "end_turn",
                )
            )
            # The reuse gap is measured from request to request.
            start_ms = max(end_ms + 1000, start_ms + round(gap.draw() * 1000))
    return unlogged(result, random)


def _request(document: str, question: str) -> Json:
    blocks = [{"type": "text", "text": document}, {"type": "text", "text": question}]
    return {
        "model": MODEL,
        "max_tokens": MAX_TOKENS,
        "system": _INSTRUCTION,
        "messages": [{"role": "user", "content": blocks}],
        "inference_geo": "us",
        "stream": True,
    }
