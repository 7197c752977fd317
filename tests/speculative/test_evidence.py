import json
import math
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import SpeculativeError
from analyzer.speculative import evidence
from analyzer.speculative.evidence import gpu_note, is_evidence, load
from analyzer.speculative.figures.acceptance import acceptance
from analyzer.speculative.figures.identity import identity
from analyzer.speculative.figures.speed import library, passes, speeds


def changed(path: Path, *at: str | int, to: Any) -> Path:
    told = json.loads(path.read_text())
    place = told
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = to
    path.write_text(json.dumps(told))
    return path


def test_identity_counts_what_was_compared(evidence_file: Path) -> None:
    (line,) = identity(load(evidence_file))
    assert (line.prompts, line.same_as_width_matched, line.same_as_ordinary) == (2, 2, 1)
    assert (line.unspeculated_differences, line.unexplained, line.certified) == (1, 0, 1)
    assert line.tokens == (120, 123, 123)
    # differences 0 and 3: mean 1.5, deviation 3 / sqrt 2, half width t x (3 / sqrt 2) / sqrt 2;
    # t of one degree of freedom is tan(0.45 pi)
    assert line.mean_difference == 1.5
    assert line.half_width == pytest.approx(math.tan(0.45 * math.pi) * 1.5)
    assert line.proven


def test_one_text_that_speculation_changed_proves_nothing(evidence_file: Path) -> None:
    at = ("stages", "identity", "rows", 0, "same_as_width_matched")
    (line,) = identity(load(changed(evidence_file, *at, to=False)))
    assert line.same_as_width_matched == 1
    assert not line.proven


def test_a_difference_at_a_margin_that_rounding_cannot_move_proves_nothing(
    evidence_file: Path,
) -> None:
    # twice the shift of 0.5 is 1.0: a choice that led by 1.01 cannot have been rounded away
    at = ("stages", "identity", "rows", 1, "margin")
    assert identity(load(changed(evidence_file, *at, to=1.0)))[0].proven
    assert not identity(load(changed(evidence_file, *at, to=1.01)))[0].proven


def test_run_lengths_are_replayed_at_the_measured_costs(evidence_file: Path) -> None:
    (line,) = acceptance(load(evidence_file), (4,))
    assert (line.passes, line.drafted_tokens, line.accepted_tokens) == (4, 3, 2)
    # 6 tokens of 50 ms over 4 passes of 62.5 ms, and 6 x 60 over 4 x 120
    assert dict(line.speed_up) == {1: pytest.approx(1.2), 4: pytest.approx(0.75)}
    assert line.tokens_per_pass == 1.5
    assert line.acceptance_rate == pytest.approx(2 / 3)


def test_a_length_whose_width_was_not_timed_has_no_speed(evidence_file: Path) -> None:
    assert acceptance(load(evidence_file), (2,))[0].speed_up == ()
    assert acceptance(load(evidence_file), (11,)) == ()


def test_a_speed_up_is_against_the_same_run_and_losses_stay(evidence_file: Path) -> None:
    plain, drafted = speeds(load(evidence_file))
    assert plain.tokens_per_s == (15.0, 20.0)
    assert drafted.tokens_per_s == (12.0, 30.0)
    assert drafted.speed_up == pytest.approx((0.8, 1.5))


def test_a_pass_stands_beside_the_floor_of_reading_the_weights_once(evidence_file: Path) -> None:
    line = passes(load(evidence_file))[1]
    assert line.floor_s == pytest.approx(0.01)  # 270 MB at 27 GB a second
    assert line.ratio == 1.25


def test_our_loop_is_compared_with_the_librarys_in_one_arithmetic(evidence_file: Path) -> None:
    (line,) = library(load(evidence_file))
    assert line.ours_over_it == pytest.approx(16 / 12)
    at = ("stages", "library", "rows", 0, "our_seconds")
    assert library(load(changed(evidence_file, *at, to=None)))[0].ours_over_it is None


def test_what_is_open_is_named(evidence_file: Path) -> None:
    found = dict(load(evidence_file).open_stages())
    assert found["shapes"] == "skipped: no GPU"
    assert found["sampled"] == "no part of this run"
    assert "identity" not in found


def test_every_page_names_the_gpu_or_that_there_was_none(evidence_file: Path) -> None:
    cpu = load(evidence_file)
    assert gpu_note((cpu,)) == "none: CPU evidence only"
    cuda = load(changed(evidence_file, "device", "kind", to="cuda"))
    assert gpu_note((cpu, cuda)) == "A processor, 2026-11-24 (incomplete)"
    older = load(changed(evidence_file, "date", to="2026-11-01"))
    for order in ((older, cuda), (cuda, older)):
        assert gpu_note(order) == "A processor, 2026-11-24 (incomplete)"


@pytest.mark.parametrize(
    ("at", "value", "fault"),
    [
        (("schema",), "rebill-speculative-evidence/9", "schema rebill-speculative-evidence/9"),
        (("device", "kind"), "tpu", "device.kind"),
        (("stages", "speeds", "rows", 0, "tokens"), "many", "rows"),
        (("stages", "guesses"), {}, "guesses"),
    ],
)
def test_a_file_that_is_no_evidence_is_refused_by_its_field(
    evidence_file: Path, at: tuple[str | int, ...], value: Any, fault: str
) -> None:
    with pytest.raises(SpeculativeError, match=fault):
        load(changed(evidence_file, *at, to=value))


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SpeculativeError, match="No such file"):
        load(tmp_path / "none.json")
    assert not is_evidence(tmp_path / "none.json")


def test_the_evidence_that_ships_is_whole_and_proves_identity() -> None:
    found = evidence.shipped()
    assert found
    for one in found:
        assert one.complete
        for line in identity(one):
            assert line.proven
            assert line.prompts == (28 if not line.temperature else 7)
