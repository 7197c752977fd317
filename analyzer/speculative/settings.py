"""What an evidence run measures: more on a GPU, less on a CPU, the same parts on both."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Device = Literal["cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes of every part; written into the evidence, which goes on only under the same ones."""

    device: Device
    dtypes: tuple[str, ...] = ("float32", "bfloat16")
    limit: int = 256
    """Output tokens of a text at most; most texts end before."""
    drafted: tuple[int, ...] = (4, 8)
    """Draft lengths whose identity is proven."""
    each: int | None = None
    """Prompts of each kind; None for all."""
    temperature: float = 0.8
    widths: tuple[int, ...] = (1, 2, 3, 5, 9, 17)
    batches: tuple[int, ...] = (1, 4, 16)
    context: int = 256
    """Cached tokens of each row while a pass is timed."""
    repeats: int = 50
    shapes: tuple[str, ...] = ("llama-1b", "llama-8b")
    shape_batches: tuple[int, ...] = (1, 4, 16, 64)
    runs: int = 3
    speed_drafted: tuple[int, ...] = (2, 4, 8)
    speed_batches: tuple[int, ...] = (1, 4, 16)
    speed_limit: int = 128
    head_tokens: int = 2_000_000
    """Tokens that the model writes to train a head on; 0 for no head."""
    head_seconds: float = 150.0
    """Of writing and training, at most; a text begun and a step begun are ended."""
    head_batch: int = 256
    """Texts written at once."""
    threads: int = 1
    """CPU threads of a pass."""

    @property
    def drafts(self) -> tuple[int, ...]:
        """Every draft length of the run."""
        return (*self.drafted, *self.speed_drafted)

    def told(self) -> dict[str, Any]:
        """Give the settings as evidence keeps them."""
        return {key: value for key, value in asdict(self).items() if value is not None}


CUDA = Settings("cuda")
CPU = Settings(
    "cpu",
    limit=160,
    drafted=(4,),
    widths=(1, 2, 3, 5, 9),
    batches=(1, 4),
    repeats=15,
    shapes=(),
    speed_drafted=(4, 8),
    speed_batches=(1, 4),
    speed_limit=48,
    head_tokens=0,
)


def settings_for(device: Device, **changed: Any) -> Settings:
    """Give a device's settings with what a user changed; None leaves a value as it is."""
    kept = {key: value for key, value in changed.items() if value is not None}
    return replace(CUDA if device == "cuda" else CPU, **kept)
