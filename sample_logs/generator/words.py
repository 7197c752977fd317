"""Pseudo-text of an exact length: invented words from small pools, so that gzip can fold them."""

from generator.seeded import Random, stream

_SYLLABLES = (
    "ba", "cor", "del", "en", "fi", "gra", "hol", "in", "ja", "kel", "lo", "mar", "nu", "or", "pe",
    "qua", "ri", "sto", "ta", "ul", "ve", "wen", "xi", "yor", "zan",
)  # fmt: skip


class Writer:
    """Writes text of one topic; the same seed and topic own the same sentences."""

    def __init__(self, seed: int, topic: str, sentences: int = 90) -> None:
        pool = stream(seed, f"words {topic}")
        self._sentences = [_sentence(pool) for _ in range(sentences)]

    def text(self, random: Random, characters: int, label: str = "") -> str:
        """Give exactly `characters` characters that begin with the label."""
        parts = [label] if label else []
        length = len(label)
        while length < characters:
            parts.append(self._sentences[int(random.random() * len(self._sentences))])
            length += len(parts[-1])
        return _cut("".join(parts), characters)

    def chapters(self, random: Random, characters: int, label: str) -> str:
        """Give a long text whose sections are numbered, so that no two long texts share a start."""
        parts = [label]
        length = len(label)
        while length < characters:
            start = int(random.random() * (len(self._sentences) - 12))
            section = f"\n{len(parts)}. " + "".join(self._sentences[start : start + 12])
            parts.append(section)
            length += len(section)
        return _cut("".join(parts), characters)


def code(seed: int, characters: int, label: str) -> str:
    """Give an invented source file of exactly `characters` characters."""
    random = stream(seed, f"code {label}")
    names = [_word(random) for _ in range(40)]
    lines = [f"# {label}\n"]
    length = len(lines[0])
    while length < characters:
        target, call, value = (names[int(random.random() * 40)] for _ in range(3))
        line = f"{'    ' * int(random.random() * 3)}{target} = {call}({value})\n"
        lines.append(line)
        length += len(line)
    return "".join(lines)[:characters]


def _cut(text: str, characters: int) -> str:
    return text[: max(characters - 1, 0)] + "."


def _word(random: Random) -> str:
    return "".join(
        _SYLLABLES[int(random.random() * len(_SYLLABLES))]
        for _ in range(2 + int(random.random() * 2))
    )


def _sentence(random: Random) -> str:
    words = [_word(random) for _ in range(8 + int(random.random() * 7))]
    return " ".join(words).capitalize() + ". "
