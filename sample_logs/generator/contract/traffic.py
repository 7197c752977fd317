"""Every call of the contract's sample, as it was sent and as the baseline would have sent it.

Prompts name files by id, as the Files API has them, so that large prompts fit a small sample.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from generator.calendar import FIRST_DAY as FIRST_OF_CALENDAR
from generator.calendar import moment_ms
from generator.contract import company as co
from generator.exchanges import Caller, Exchange, Json, timed
from generator.seeded import Curve, Random, Sampler, stream

HANDBOOK_TOKENS = 118_400
_INSTRUCTION_TOKENS = 240
_TENTH_CHARACTERS_PER_TOKEN = 38

MAIL_LONGER = 1.08
"""True lengths: the smaller model's answers, against the larger one's."""
BRIEF_SHORTER = 0.62
FORMS_SHORTER = 0.70
ROUTED_SHARE = 0.6

Block = tuple[str, int]
"""Identity and tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One call; before the levers it was live and uncached, on the same prompt."""

    exchange: Exchange
    blocks: tuple[Block, ...]
    """Of the prompt, in the vendor's cache order."""
    marks: tuple[int, ...] = ()
    """Places of blocks that end with a cache mark of five minutes."""
    before_model: str
    before_output: int

    @property
    def workload(self) -> str:
        """Who called."""
        return self.exchange.caller.app

    @property
    def prompt(self) -> int:
        """All its tokens; both models of the sample count alike."""
        return sum(tokens for _, tokens in self.blocks)


def sent(seed: int) -> list[Sent]:
    """Give every call, not billed yet."""
    parts = (_desk, _forms, _mail, _load_test, _brief, _voice, _fax)
    return [one for part in parts for one in part(stream(seed, f"contract {part.__name__}"))]


def changed(random: Random, tokens: int, factor: float) -> int:
    """Give another length of the same answer: the factor, give or take 15 %."""
    return max(1, round(tokens * factor * (0.85 + 0.3 * random.random())))


def _desk(random: Random) -> Iterator[Sent]:
    """Conversations about the freight handbook, a few turns each."""
    answers = Sampler(random, Curve({0.05: 90, 0.5: 320, 0.95: 900}))
    for day in filter(co.is_workday, co.days()):
        for number in range(4):
            start = _moment(day, (8 + 2 * number + random.random()) * 3600)
            blocks: list[Block] = [("desk system", _INSTRUCTION_TOKENS), _file("handbook")]
            texts: list[str] = []
            for turn in range(1 + int(random.random() * 4)):
                name = f"desk_{day:%m%d}_{number + 1}_{turn + 1}"
                texts.append(_words(f"question {name}", 60 + int(random.random() * 240)))
                output = answers.draw_int()
                call = _desk_call(name, day, start, texts, output)
                blocks.append((texts[-1], _tokens(texts[-1])))
                marks = (1, len(blocks) - 1) if day >= co.CACHING[0] else ()
                yield Sent(
                    exchange=call, blocks=tuple(blocks), marks=marks,
                    before_model=co.SONNET, before_output=output,
                )  # fmt: skip
                texts.append(_words(f"answer {name}", 120))
                blocks.append((texts[-1], _tokens(texts[-1])))
                start = call.end_ms + 20_000 + int(random.random() * 150_000)


def _desk_call(name: str, day: date, start: int, texts: list[str], output: int) -> Exchange:
    cached = {"cache_control": {"type": "ephemeral"}} if day >= co.CACHING[0] else {}
    parts: list[Json] = [{"type": "text", "text": text} for text in texts]
    parts[-1] = {**parts[-1], **cached}
    book: Json = {**_document("handbook"), **cached}
    messages: list[Json] = [
        {"role": "assistant" if n % 2 else "user", "content": [part] if n else [book, part]}
        for n, part in enumerate(parts)
    ]
    request: Json = {
        "model": co.SONNET,
        "max_tokens": 2048,
        "system": _system("desk"),
        "messages": messages,
    }
    return _exchange(name, co.DESK, request, (start, 1.2), output)


def _forms(random: Random) -> Iterator[Sent]:
    """Customs forms read from scans; by night in batches once that is live."""
    sizes = Sampler(random, Curve({0.05: 42_000, 0.5: 88_000, 0.95: 150_000}))
    answers = Sampler(random, Curve({0.05: 900, 0.5: 2200, 0.95: 4800}))
    for day in co.days():
        at_night = day >= co.BATCHES[0]
        night = _moment(day, 1800 + random.random() * 600)
        for number in range(8):
            name = f"form_{day:%m%d}_{number + 1}"
            before = answers.draw_int()
            capped = day >= co.FORMS_CAP[0]
            output = changed(random, before, FORMS_SHORTER) if capped else before
            start = night if at_night else _moment(day, (7 + number + random.random()) * 3600)
            # A batch answers every item at once, within the hour.
            call = _one_file(
                name, co.FORMS, (co.OPUS, 3072 if capped else 8192), (start, 2.0), output,
                batch=f"msgbatch_syn_{day:%m%d}" if at_night else None,
            )  # fmt: skip
            yield _plain(call, sizes.draw_int(), co.OPUS, before)


def _mail(random: Random) -> Iterator[Sent]:
    """Mails of carriers, sorted and answered; some go to a smaller model once that is live."""
    sizes = Sampler(random, Curve({0.05: 22_000, 0.5: 48_000, 0.95: 90_000}))
    answers = Sampler(random, Curve({0.05: 500, 0.5: 1300, 0.95: 2900}))
    for day in filter(co.is_workday, co.days()):
        for number in range(9):
            name = f"mail_{day:%m%d}_{number + 1}"
            before = answers.draw_int()
            routed = day >= co.ROUTING[0] and random.random() < ROUTED_SHARE
            output = changed(random, before, MAIL_LONGER) if routed else before
            start = _moment(day, (8 + number + random.random()) * 3600)
            model = co.SONNET if routed else co.OPUS
            call = _one_file(name, co.MAIL, (model, 6000), (start, 1.4), output)
            yield _plain(call, sizes.draw_int(), co.OPUS, before)


def _load_test(random: Random) -> Iterator[Sent]:
    """Two evenings on which the client tries how many mails its line bears."""
    for day in co.days(*co.LOAD_TEST):
        for number in range(20):
            start = _moment(day, 20 * 3600 + 30 * number)
            name = f"loadtest_{day:%m%d}_{number + 1}"
            output = 900 + int(random.random() * 200)
            call = _one_file(name, co.MAIL, (co.OPUS, 6000), (start, 1.4), output)
            yield _plain(call, 48_000, co.OPUS, output)


def _brief(random: Random) -> Iterator[Sent]:
    """Three long briefs a day, on a shorter leash once the cap is live."""
    sizes = Sampler(random, Curve({0.05: 60_000, 0.5: 95_000, 0.95: 140_000}))
    answers = Sampler(random, Curve({0.05: 5200, 0.5: 8600, 0.95: 13_000}))
    for day in co.days():
        for number in range(3):
            before = answers.draw_int()
            capped = day >= co.BRIEF_CAP[0]
            output = changed(random, before, BRIEF_SHORTER) if capped else before
            if day >= co.HALF_PAGE[0]:
                before = output
            start = _moment(day, (5 + number + random.random()) * 3600)
            limit = 10_000 if capped else 32_000
            call = _one_file(
                f"brief_{day:%m%d}_{number + 1}", co.BRIEF, (co.OPUS, limit), (start, 3.0), output
            )
            yield _plain(call, sizes.draw_int(), co.OPUS, before)


def _voice(random: Random) -> Iterator[Sent]:
    """A workload that is born after the baseline."""
    for day in filter(co.is_workday, co.days(co.BORN)):
        for number in range(4):
            start = _moment(day, (9 + number + random.random()) * 3600)
            output = 250 + int(random.random() * 500)
            name = f"voice_{day:%m%d}_{number + 1}"
            call = _one_file(name, co.VOICE, (co.SONNET, 2048), (start, 0.9), output)
            yield _plain(call, 9_000 + int(random.random() * 14_000), co.SONNET, output)


def _fax(random: Random) -> Iterator[Sent]:
    """A workload that ends with the baseline."""
    for day in filter(co.is_workday, co.days(last=co.RETIRED)):
        start = _moment(day, 16 * 3600 + random.random() * 3600)
        output = 60 + int(random.random() * 90)
        call = _one_file(f"fax_{day:%m%d}", co.FAX, (co.SONNET, 512), (start, 0.8), output)
        yield _plain(call, 7_000 + int(random.random() * 6_000), co.SONNET, output)


def _one_file(
    name: str,
    who: Caller,
    how: tuple[str, int],
    when: tuple[int, float],
    output: int,
    batch: str | None = None,
) -> Exchange:
    """Give a call with one file; `how` is model and max_tokens, `when` start and first byte."""
    words: Json = {"type": "text", "text": _words(f"task {name}", 60)}
    request: Json = {
        "model": how[0],
        "max_tokens": how[1],
        "system": _system(who.app),
        "messages": [{"role": "user", "content": [_document(name), words]}],
    }
    return _exchange(name, who, request, when, output, batch)


def _plain(call: Exchange, prompt: int, model: str, output: int) -> Sent:
    return Sent(
        exchange=call, blocks=((call.name, prompt),), before_model=model, before_output=output
    )


def _exchange(
    name: str,
    who: Caller,
    request: Json,
    when: tuple[int, float],
    output: int,
    batch: str | None = None,
) -> Exchange:
    _, end_ms = timed(when[0], output, when[1], 70)
    if batch:
        end_ms = when[0] + 2_400_000
    return Exchange(
        name=name,
        caller=who,
        request=request,
        start_ms=when[0],
        first_ms=end_ms,
        end_ms=end_ms,
        answer="Synthetic answer, shortened.",
        output_tokens=output,
        batch=batch,
    )


def _file(name: str) -> Block:
    return f"file {name}", HANDBOOK_TOKENS


def _document(name: str) -> Json:
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return {"type": "document", "source": {"type": "file", "file_id": f"file_syn_{digest}"}}


def _system(app: str) -> list[Json]:
    return [{"type": "text", "text": f"You are the synthetic {app} of Tidewell Freight."}]


def _words(label: str, characters: int) -> str:
    """Give text of an exact length; it says no more than its label."""
    return f"{label}: ".ljust(characters, "~")[:characters]


def _tokens(text: str) -> int:
    return -(-len(text) * 10 // _TENTH_CHARACTERS_PER_TOKEN)


def _moment(day: date, seconds: float) -> int:
    return moment_ms((day - FIRST_OF_CALENDAR).days, seconds)
