import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import SpeculativeError
from analyzer.speculative.acceptance.files import read_records, record_of, to_json, to_lines
from analyzer.speculative.acceptance.record import (
    AcceptanceRecord,
    of_passes,
    passes_of,
    settled,
)
from analyzer.speculative.decoding import Pass

VLLM = {
    "mean_acceptance_length": 1.2325581395348837,
    "draft_acceptance_rate": 0.07751937984496124,
    "acceptance_histogram": [39, 1, 0, 3],
    "acceptance_histogram_by_draft_length": {"3": [39, 1, 0, 3]},
    "num_spec_steps": 43,
    "num_accepted_draft_tokens": 10,
    "num_draft_tokens": 129,
    "num_spec_tokens": 3,
}
"""The example of vLLM's documentation: 43 steps, 1 x 1 + 3 x 3 of 43 x 3 drafts accepted."""
SGLANG = {
    "completion_tokens": 9,
    "spec_verify_ct": 4,
    "spec_num_correct_drafts": 4,
    "spec_num_proposed_drafts": 12,
    "spec_accepted_drafts": 4,
    "spec_proposed_drafts": 12,
    "spec_accept_rate": 0.3333333333333333,
    "spec_accept_length": 2.25,
    "spec_correct_drafts_histogram": [2, 1, 0, 1],
    "spec_accept_histogram": [2, 1, 0, 1],
}


def written(folder: Path, *lines: Any) -> Path:
    path = folder / "acceptance.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def vllm(**changes: Any) -> dict[str, Any]:
    return {"metrics": {"speculative_decoding": {**VLLM, **changes}}}


def test_passes_are_told_under_vllms_names() -> None:
    passes = (Pass(4, 2), Pass(0, 0), Pass(4, 4), Pass(2, 0))
    assert to_json(of_passes(passes, 4)) == {
        "engine": "rebill",
        "acceptance_rule": "greedy",
        "mean_acceptance_length": 3.0,  # 1 + 6 / 3
        "draft_acceptance_rate": 0.6,  # 6 / 10
        "acceptance_histogram": [1, 0, 1, 0, 1],
        "acceptance_histogram_by_draft_length": {"2": [1, 0, 0], "4": [0, 0, 1, 0, 1]},
        "num_spec_steps": 3,
        "num_steps_total": 4,
        "num_accepted_draft_tokens": 6,
        "num_draft_tokens": 10,
        "num_spec_tokens": 4,
        "completion_tokens": 11,  # 1 of the prefill, 4 of the passes, 6 accepted
        "per_step_accepted": [2, 4, 0],
        "per_step_drafted": [4, 4, 2],
    }


def test_passes_without_drafts_lower_the_tokens_of_a_pass_and_not_vllms_mean() -> None:
    record = of_passes((Pass(4, 2), Pass(0, 0), Pass(0, 0)), 4)
    assert record.mean_acceptance_length == 3
    assert record.tokens_per_pass == Fraction(5, 3)


PASSES = st.integers(0, 5).flatmap(
    lambda drafted: st.integers(0, drafted).map(lambda accepted: Pass(drafted, accepted))
)


@given(st.lists(PASSES, max_size=12), st.integers(5, 8))
def test_what_is_written_is_read_back(passes: list[Pass], drafted: int) -> None:
    record = of_passes(passes, drafted)
    told = json.loads(json.dumps(to_json(record)), parse_float=Decimal)
    back = record_of("rebill", told, told)
    assert to_json(back) == to_json(record)
    by_kind = sorted(passes, key=lambda one: one.drafted == 0)  # stable: the rest stays in order
    assert passes_of(back) == tuple(by_kind)


def test_vllms_documented_example_is_read(tmp_path: Path) -> None:
    streamed = {"choices": [], "usage": {"completion_tokens": 54}, **vllm()}
    [record] = read_records(written(tmp_path, streamed)).records
    assert record.engine == "vllm"
    assert record.detail == "histogram"
    assert record.mean_acceptance_length == 1 + Fraction(10, 43)
    assert record.draft_acceptance_rate == Fraction(10, 129)
    assert record.completion_tokens == 54
    assert record.num_steps_total is None  # vLLM leaves out steps without a draft
    assert record.tokens_per_pass is None
    assert record.acceptance_rule is None


def test_a_detailed_vllm_record_can_be_replayed(tmp_path: Path) -> None:
    detailed = {
        "per_step_accepted": [1, 0],
        "per_step_drafted": [2, 1],
        "num_steps_total": 3,
        "num_spec_tokens": 3,
    }
    [record] = read_records(written(tmp_path, {**detailed, "num_spec_steps": 2})).records
    assert record.detail == "steps"
    assert passes_of(record) == (Pass(2, 1), Pass(1, 0), Pass(0, 0))
    assert (record.num_accepted_draft_tokens, record.num_draft_tokens) == (1, 3)
    with pytest.raises(SpeculativeError, match="a record of histogram cannot be replayed"):
        passes_of(read_records(written(tmp_path, vllm())).records[0])


def test_aiperfs_sparse_histogram_is_read(tmp_path: Path) -> None:
    fields = {**VLLM, "acceptance_histogram": {"0": 39, "1": 1, "3": 3}, "engine": "trtllm"}
    del fields["acceptance_histogram_by_draft_length"]
    [record] = read_records(written(tmp_path, {"spec_decode_acceptance": fields})).records
    assert record.engine == "trtllm"
    assert record.acceptance_histogram == (39, 1, 0, 3)


@pytest.mark.parametrize("outer", ["bare", "generate", "chat"])
def test_sglangs_fields_are_read(tmp_path: Path, outer: str) -> None:
    items: dict[str, dict[str, Any]] = {
        "bare": SGLANG,
        "generate": {"text": "..", "meta_info": SGLANG},
        "chat": {"choices": [{"meta_info": SGLANG}]},
    }
    [record] = read_records(written(tmp_path, items[outer])).records
    assert record.engine == "sglang"
    assert record.acceptance_histogram == (2, 1, 0, 1)
    assert record.mean_acceptance_length == 2  # 1 + 4 / 4; 9 / 4 counts the prefill's token
    assert record.tokens_per_pass == 2
    assert record.draft_acceptance_rate == Fraction(1, 3)


def test_sglangs_names_of_2025_are_read(tmp_path: Path) -> None:
    old = {
        "completion_tokens": 9,
        "spec_verify_ct": 4,
        "spec_accept_token_num": 4,
        "spec_draft_token_num": 12,
        "spec_accept_length": 2.25,
    }
    [record] = read_records(written(tmp_path, {"meta_info": old})).records
    assert record.detail == "counts"
    assert record.mean_acceptance_length == 2


def test_sglangs_length_is_left_unchecked_without_its_tokens(tmp_path: Path) -> None:
    fields = {name: value for name, value in SGLANG.items() if name != "completion_tokens"}
    [record] = read_records(written(tmp_path, {"meta_info": fields})).records
    assert record.completion_tokens is None
    assert record.mean_acceptance_length == 2


def test_a_mean_alone_is_taken_as_a_mean(tmp_path: Path) -> None:
    lines = [{"mean_acceptance_length": 2.6}, {"spec_verify_ct": 4, "spec_accept_length": 2.25}]
    first, second = read_records(written(tmp_path, *lines)).records
    assert (first.detail, second.detail) == ("means", "means")
    assert first.mean_acceptance_length == Fraction(13, 5)
    assert second.mean_acceptance_length == Fraction(9, 4)
    assert first.tokens_per_pass is None
    assert to_json(first) == {"engine": "unnamed", "mean_acceptance_length": 2.6}


def test_lines_without_a_record_are_counted(tmp_path: Path) -> None:
    nothing = {"metrics": {"speculative_decoding": None}, "choices": [{}, {}]}
    found = read_records(written(tmp_path, nothing, vllm(), nothing))
    assert found.untold == (1, 3)
    assert len(found.records) == 1


def test_a_list_in_one_file_is_read_item_by_item(tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    path.write_text(json.dumps([vllm(), {"meta_info": SGLANG}], indent=1), encoding="utf-8")
    assert [record.engine for record in read_records(path).records] == ["vllm", "sglang"]


def test_records_are_written_as_lines(tmp_path: Path) -> None:
    records = [of_passes((Pass(2, 1),), 2), of_passes((), 2)]
    path = tmp_path / "out.jsonl"
    path.write_text(to_lines(records), encoding="utf-8")
    assert [to_json(one) for one in read_records(path).records] == [to_json(one) for one in records]


STEPS = {"per_step_accepted": [3, 0], "per_step_drafted": [3, 3]}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"num_spec_steps": 44}, "num_spec_steps: 44 stated, but 43 from the histogram"),
        (
            {"num_accepted_draft_tokens": 11},
            "num_accepted_draft_tokens: 11 stated, but 10 from the histogram",
        ),
        ({"num_draft_tokens": 130}, "num_draft_tokens: 130 stated, but 129 from draft lengths"),
        ({"mean_acceptance_length": 1.3}, "mean_acceptance_length: 1.3 stated, but the counts"),
        ({"draft_acceptance_rate": 0.077}, "draft_acceptance_rate: 0.077 stated, but the count"),
        ({"acceptance_histogram": [40, 1, 0, 3]}, r"acceptance_histogram: \(40, 1, 0, 3\) stated"),
        (STEPS, "acceptance_histogram_by_draft_length: .* stated, but .* from the per-step lists"),
        ({"num_spec_tokens": 2}, "longest draft is 3, more than num_spec_tokens, which is 2"),
        ({"num_steps_total": 42}, "num_spec_steps is 43, more than num_steps_total"),
        (
            {"per_step_accepted": [1], "per_step_drafted": []},
            "number of steps: 1 in per_step_accepted, but 0 in per_step_drafted",
        ),
        ({**STEPS, "per_step_accepted": [4, 0]}, r"per_step_accepted\[0\]: 4 of 3 drafts"),
        ({"per_step_accepted": [1, 2]}, r"acceptance_histogram: .* from per_step_accepted"),
        (
            {"acceptance_histogram_by_draft_length": {"1": [1, 1, 1]}},
            r"by_draft_length\[1\]: 2 accepted of 1 drafts",
        ),
        ({"num_spec_steps": -1}, "num_spec_steps: a whole number of 0 or more"),
        ({"num_spec_steps": 43.0}, "num_spec_steps: a whole number"),
        ({"num_spec_steps": True}, "num_spec_steps: a whole number"),
        ({"acceptance_histogram": 3}, "acceptance_histogram: a list is needed, not int"),
        ({"acceptance_histogram": [1, "x"]}, r"acceptance_histogram\[1\]: a whole number"),
        ({"acceptance_histogram": {"x": 1}}, "its keys are counts of drafts"),
        ({"acceptance_histogram": {"99999999999": 1}}, "its keys are counts of drafts"),
        ({"acceptance_histogram_by_draft_length": []}, "an object of lists is needed"),
        ({"mean_acceptance_length": "1.2"}, "a number is needed, not str"),
        ({"mean_acceptance_length": 1e300}, "a number of ordinary size"),
    ],
)
def test_a_record_at_odds_with_itself_is_refused(
    tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    path = written(tmp_path, vllm(), vllm(**changes))
    with pytest.raises(SpeculativeError, match=complaint) as refused:
        read_records(path)
    assert str(refused.value).startswith(f"{path}, line 2, metrics.speculative_decoding: ")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"spec_accepted_drafts": 5}, "spec_num_correct_drafts and spec_accepted_drafts tell"),
        ({"spec_accept_length": 2.0}, "spec_accept_length: 2.0 stated, but .* is 2.25"),
        ({"spec_accept_rate": 0.5}, "draft_acceptance_rate: 0.5 stated"),
    ],
)
def test_an_sglang_record_at_odds_with_itself_is_refused(
    tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(SpeculativeError, match=complaint):
        read_records(written(tmp_path, {"meta_info": {**SGLANG, **changes}}))


def test_a_rounded_mean_agrees_to_its_digits() -> None:
    def told(mean: str) -> AcceptanceRecord:
        return AcceptanceRecord(
            engine="x",
            num_spec_steps=43,
            num_accepted_draft_tokens=10,
            stated_mean=Decimal(mean),
        )

    for stated in ("1.2", "1.23", "1.2326"):  # 1 + 10 / 43 = 1.23255..
        assert settled(told(stated)).mean_acceptance_length == Fraction(53, 43)
    with pytest.raises(SpeculativeError, match=r"1\.2325 stated"):
        settled(told("1.2325"))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"rejection_sample_method": "synthetic"}, "rejection_sample_method 'synthetic' is not"),
        ({"spec_decoding_acceptance_method": "typical_acceptance_sampler"}, "'typical_accept"),
        ({"acceptance_rule": "lenient"}, "acceptance_rule 'lenient' is not known to keep"),
        ({"speculative_config": {"synthetic_acceptance_length": 2.5}}, "set by hand"),
        ({"speculative_config": {"rejection_sample_method": "synthetic"}}, "synthetic"),
        ({"server_args": {"speculative_accept_threshold_single": 0.75}}, "is not 1"),
        ({"speculative_accept_threshold_acc": 0.9}, "is not 1"),
        ({"assistant_ensemble_weight": 0.3}, "mixture with the drafter's"),
    ],
)
def test_a_record_made_under_a_lossy_rule_is_refused(
    tmp_path: Path, settings: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(SpeculativeError, match=complaint):
        read_records(written(tmp_path, {**vllm(), **settings}))
    with pytest.raises(SpeculativeError, match=complaint):
        read_records(written(tmp_path, {**VLLM, **settings}))


@pytest.mark.parametrize(
    "settings",
    [
        {"speculative_config": {"rejection_sample_method": "standard"}},
        {"acceptance_rule": "greedy"},
        {"server_args": {"speculative_accept_threshold_single": 1.0}, "acceptance_rule": "block"},
    ],
)
def test_a_record_made_under_an_exact_rule_says_which(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    [record] = read_records(written(tmp_path, {**vllm(), **settings})).records
    assert record.acceptance_rule in {"standard", "greedy", "block"}


def test_what_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(json.dumps(vllm()) + "\n\n{oh\n", encoding="utf-8")
    with pytest.raises(SpeculativeError, match="line 3: not JSON at column 2"):
        read_records(path)
    path.write_text("[1]", encoding="utf-8")
    with pytest.raises(SpeculativeError, match="item 1: an object is needed, not int"):
        read_records(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SpeculativeError, match="cannot be read as text"):
        read_records(path)
