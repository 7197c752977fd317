"""The trie without token counts."""

from dataclasses import dataclass

from analyzer.traffic.trie import Int8s, Int32s, Int64s


@dataclass(frozen=True, slots=True)
class Links:
    """Prompt blocks; a parent's index is below its children's."""

    parent: Int32s
    position: Int32s
    section: Int8s
    chars: Int64s
