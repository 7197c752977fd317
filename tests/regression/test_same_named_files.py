"""Logs of one name in several folders are several logs."""

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.regression.lines import answer, capture, log, person, usage


def test_files_of_one_name_are_all_billed_and_told_apart(tmp_path: Path, bill: Any) -> None:
    # infracost#309: of inputs with the same file name the last one stood for all
    for number, folder in enumerate(("billing", "search", "search/old")):
        told = [capture(f"{number}", usage(100_000, 0))]
        path = log(tmp_path / folder / "usage.jsonl", told)
        path.write_text(path.read_text() + "not a line\n")
    packed = log(tmp_path / "search" / "usage", [capture("9", usage(100_000, 0))])
    (tmp_path / "search" / "usage.jsonl.gz").write_bytes(gzip.compress(packed.read_bytes()))
    packed.unlink()
    # sessions too: line numbers, uuids and the file's name are equal, only the message ids are not
    for project in ("one", "two"):
        turns = [person("u", 0), answer("a", "u", 1, f"msg_{project}", usage(50_000, 0))]
        log(tmp_path / project / "session.jsonl", turns)
    found = bill(tmp_path)
    # 100,000 and 50,000 x $4 a million
    captured = {f"msg_{number}": Decimal("0.40") for number in (0, 1, 2, 9)}
    assert found.each() == captured | {"msg_one": Decimal("0.20"), "msg_two": Decimal("0.20")}
    assert (found.ledger.files, found.ledger.kept) == (6, 6)
    folders = [str(Path(row["path"]).parent.relative_to(tmp_path)) for row in found.rejects]
    assert sorted(folders) == ["billing", "search", "search/old"]
