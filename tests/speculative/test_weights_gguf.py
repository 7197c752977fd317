import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import SpeculativeError
from analyzer.speculative.weights import gguf

F32, F16, Q4_0, Q4_1, Q8_0 = 0, 1, 2, 3, 8
Tensor = tuple[str, tuple[int, ...], int, bytes]
"""Name, sizes as the file has them (columns first), storage, content."""


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


METADATA = (
    text("general.architecture") + struct.pack("<I", 8) + text("llama"),
    text("llama.block_count") + struct.pack("<II", 4, 30),
    text("llama.rope.freq_base") + struct.pack("<If", 6, 10_000.0),
    text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("é"),
    text("types") + struct.pack("<IIQ2i", 9, 5, 2, 1, -3),
)


def file_of(*tensors: Tensor, version: int = 3, metadata: tuple[bytes, ...] = METADATA) -> bytes:
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    header += b"".join(metadata)
    content = b""
    for name, sizes, storage, values in tensors:
        header += text(name) + struct.pack(f"<I{len(sizes)}Q", len(sizes), *sizes)
        header += struct.pack("<IQ", storage, len(content))
        content += values + bytes(-len(values) % 32)
    return header + bytes(-len(header) % 32) + content


def read(folder: Path, content: bytes) -> gguf.Gguf:
    path = folder / "model.gguf"
    path.write_bytes(content)
    return gguf.read(path)


def half(value: float) -> bytes:
    return np.float16(value).tobytes()


def test_metadata_of_every_kind_is_read(tmp_path: Path) -> None:
    model = read(tmp_path, file_of())
    assert model.metadata["general.architecture"] == "llama"
    assert model.number("llama.block_count") == 30
    assert model.number("llama.rope.freq_base") == 10_000.0
    assert model.texts("tokens") == ["a", "é"]
    types = model.metadata["types"]
    assert isinstance(types, np.ndarray)
    assert types.tolist() == [1, -3]


def test_plain_tensors_come_rows_first(tmp_path: Path) -> None:
    values = np.arange(6, dtype="<f4")
    model = read(
        tmp_path,
        file_of(
            ("wide", (3, 2), F32, values.tobytes()),
            ("narrow", (2, 3), F16, values.astype("<f2").tobytes()),
        ),
    )
    assert model.tensor("wide").tolist() == [[0, 1, 2], [3, 4, 5]]
    assert model.tensor("narrow").tolist() == [[0, 1], [2, 3], [4, 5]]


def test_quantised_blocks_are_expanded(tmp_path: Path) -> None:
    # byte i holds value i in its low half and value 16 + i in its high half
    packed = bytes(low | (15 - low) << 4 for low in range(16))
    codes = [*range(16), *range(15, -1, -1)]
    model = read(
        tmp_path,
        file_of(
            ("q4_0", (32, 1), Q4_0, half(0.5) + packed),
            ("q4_1", (32, 1), Q4_1, half(0.5) + half(-3.0) + packed),
            ("q8_0", (32, 2), Q8_0, (half(0.25) + bytes(range(240, 256)) + bytes(range(16))) * 2),
        ),
    )
    assert model.tensor("q4_0").tolist() == [[(code - 8) * 0.5 for code in codes]]
    assert model.tensor("q4_1").tolist() == [[code * 0.5 - 3 for code in codes]]
    assert model.tensor("q8_0").tolist() == [[code * 0.25 for code in range(-16, 16)]] * 2
    assert model.tensor("q8_0").dtype == np.float32


WHOLE = file_of(("q", (32, 2), Q8_0, bytes(68)), ("x", (4,), F32, bytes(16)))


@given(kept=st.integers(0, len(WHOLE) - 17))
def test_a_file_cut_short_anywhere_is_refused(
    kept: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(SpeculativeError, match=r"model\.gguf"):
        read(tmp_path_factory.mktemp("cut"), WHOLE[:kept])


@given(place=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_a_damaged_byte_gives_a_file_or_one_clear_error(
    place: int, byte: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    damaged = WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :]
    try:
        model = read(tmp_path_factory.mktemp("damaged"), damaged)
    except SpeculativeError:
        return
    for name in model.stored:
        model.tensor(name)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"GGML" + WHOLE[4:], "no GGUF mark"),
        (file_of(version=4), "GGUF version 4, and only little-endian version 3"),
        (b"GGUF" + WHOLE[4:8][::-1] + WHOLE[8:], "GGUF version 50331648"),
        (file_of(("k", (256,), 12, b"")), "tensor k is stored as type 12, and only F32, F16, Q4_0"),
        (file_of(("k", (33,), Q8_0, bytes(68))), "tensor k with rows that are no whole blocks"),
        (file_of(("k", (64,), Q8_0, bytes(34))), "the file ends before tensor k does"),
        (file_of(("k", (1,), F32, bytes(4)), ("k", (1,), F32, bytes(4))), "two tensors of one"),
        (file_of(metadata=(text("x") + struct.pack("<I", 13),)), "a value of unknown type 13"),
        (
            file_of(metadata=(text("general.alignment") + struct.pack("<II", 4, 0),)),
            "an alignment that is no count",
        ),
        (
            file_of(metadata=(struct.pack("<Q", 1) + b"\xff" + struct.pack("<IB", 0, 1),)),
            "text that is not UTF-8",
        ),
        (b"", "no GGUF file can be read here"),
    ],
)
def test_a_wrong_file_is_told_by_what_and_where(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(SpeculativeError, match=told) as caught:
        read(tmp_path, content)
    assert str(tmp_path / "model.gguf") in str(caught.value)


def test_a_missing_file_tensor_or_number_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpeculativeError, match="no GGUF file can be read here"):
        gguf.read(tmp_path / "none.gguf")
    model = read(tmp_path, WHOLE)
    with pytest.raises(SpeculativeError, match="no tensor y"):
        model.tensor("y")
    with pytest.raises(SpeculativeError, match=r"no number general\.architecture"):
        model.number("general.architecture")
    with pytest.raises(SpeculativeError, match="no list of strings types"):
        model.texts("types")
