from pathlib import Path

import pytest

from analyzer.errors import PolicyError
from analyzer.policy import load_policy, parse_policy

RULE = 'workload = "support"\nbasis = "agreed with the team"\n'
OUTPUT = f'[[output]]\n{RULE}evidence = "assumed"\n'
ROUTING = f'[[routing]]\n{RULE}evidence = "assumed"\nto = "claude-haiku-4-5"\n'
BATCH = f'[[batch]]\n{RULE}evidence = "deadline"\n'
CACHING = f'[[caching]]\n{RULE}ttl = "1h"\n'


def known(model: str) -> bool:
    return model in {"claude-haiku-4-5", "claude-opus-4-8"}


def faults(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "policy.toml", known)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("policy.toml: ")
    return message.removeprefix("policy.toml: ")


@pytest.mark.parametrize("rule", [OUTPUT, ROUTING, BATCH, CACHING])
def test_the_smallest_rule_of_each_lever_is_accepted(rule: str) -> None:
    parse_policy(f"version = 1\n{rule}", "policy.toml", known)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "version: missing, give 1"),
        (
            "version = 2\nanything = 3",
            "version: 2 is newer than this program reads (1), upgrade rebill",
        ),
        ("version = 0", "version: 0 is not allowed, give 1"),
        ("version = true", "version: true is not allowed, give 1"),
        ("version = 1\nseed = [1]", "seed: unknown key, did you mean `seeds`?"),
        (
            "version = 1\nseeds = [4, 4]",
            "seeds: [4, 4] is not allowed, give a list of distinct whole numbers, 0 or more",
        ),
        (
            'version = 1\nseeds = ["a"]',
            'seeds[0]: "a" is not allowed, give a list of distinct whole numbers, 0 or more',
        ),
        ("version = 1\nbatch = 3", "batch: 3 is not allowed, give tables, each [[batch]]"),
        ("version = 1\nbatch = [3]", "batch[0]: 3 is not allowed, give tables, each [[batch]]"),
        ('version = 1\nname = " "', 'name: " " is not allowed, give words, not empty'),
    ],
)
def test_a_fault_at_the_top_names_key_value_and_remedy(text: str, message: str) -> None:
    assert faults(text) == message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lenght_ratio = 0.8", "lenght_ratio: unknown key, did you mean `length_ratio`?"),
        (
            "length_ratio = 1.5",
            "length_ratio: 1.5 is not allowed, give a number above 0 and at most 1",
        ),
        ("length_ratio = 0", "length_ratio: 0 is not allowed, give a number above 0 and at most 1"),
        (
            'length_ratio = "high"',
            'length_ratio: "high" is not allowed, give a number above 0 and at most 1',
        ),
        ("retry_share = nan", "retry_share: NaN is not allowed, give a number from 0 to 1"),
        ("retry_share = true", "retry_share: true is not allowed, give a number from 0 to 1"),
        (
            "cap_tokens = 0",
            "cap_tokens: 0 is not allowed, give a whole number of tokens, 1 to 10,000,000",
        ),
        (
            "cap_tokens = 9.5",
            "cap_tokens: 9.5 is not allowed, give a whole number of tokens, 1 to 10,000,000",
        ),
    ],
)
def test_a_fault_in_an_output_line_names_key_value_and_remedy(line: str, message: str) -> None:
    assert faults(f"version = 1\n{OUTPUT}{line}") == f"output[0].{message}"


def test_a_retry_cap_must_be_longer_than_the_cap() -> None:
    expected = "output[0]: retry_cap_tokens 100 needs a smaller cap_tokens beside it"
    assert faults(f"version = 1\n{OUTPUT}retry_cap_tokens = 100") == expected
    assert faults(f"version = 1\n{OUTPUT}cap_tokens = 100\nretry_cap_tokens = 100") == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            'from = "gpt-9"',
            'from: "gpt-9" is not a model of the price book, `rebill prices show` lists them',
        ),
        ("from = 3", "from: 3 is not allowed, give a model name in quotes"),
        ("output_ratio = 0.0", "output_ratio: 0.0 is not allowed, give a number above 0"),
        ("input_ratio = -1", "input_ratio: -1 is not allowed, give a number above 0"),
        (
            "output_ratio = 1e999999999",
            (
                "output_ratio: 1E+999999999 is not allowed,"
                " give at most 18 digits on either side of the point"
            ),
        ),
        (
            "escalation_share = 1.01",
            "escalation_share: 1.01 is not allowed, give a number from 0 to 1",
        ),
    ],
)
def test_a_fault_in_a_routing_line_names_key_value_and_remedy(line: str, message: str) -> None:
    assert faults(f"version = 1\n{ROUTING}{line}") == f"routing[0].{message}"


def test_an_unknown_target_model_is_named() -> None:
    text = ROUTING.replace("claude-haiku-4-5", "claude-haiku-9")
    assert faults(f"version = 1\n{text}").startswith('routing[0].to: "claude-haiku-9" is not a')


def test_a_target_outside_the_allowed_models_is_a_contradiction() -> None:
    text = f'version = 1\n{ROUTING}[constraints]\nallowed_models = ["claude-opus-4-8"]'
    assert faults(text) == (
        'routing[0].to: "claude-haiku-4-5" is not one of constraints.allowed_models,'
        " which holds ['claude-opus-4-8']"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            BATCH + "deadline_hours = 0.5",
            "batch[0].deadline_hours: 0.5 is not allowed, give a number of hours, 1 or more",
        ),
        (
            BATCH.replace('"deadline"', '"hope"'),
            (
                'batch[0].evidence: "hope" is not allowed,'
                ' give "deadline", "own-batches" or "inferred"'
            ),
        ),
        (
            BATCH.replace('evidence = "deadline"', ""),
            'batch[0].evidence: missing, give "deadline", "own-batches" or "inferred"',
        ),
        (
            BATCH.replace("agreed with the team", ""),
            'batch[0].basis: "" is not allowed, give words, not empty',
        ),
        (
            CACHING.replace("1h", "2h"),
            'caching[0].ttl: "2h" is not allowed, give "observed", "none", "5m", "1h" or "mixed"',
        ),
        (
            '[[serving]]\nworkload = "a"\nkind = "song"',
            (
                'serving[0].kind: "song" is not allowed,'
                ' give "general", "chat", "extraction", "summary", "json", "code", "retrieval",'
                ' "maths" or "agent"'
            ),
        ),
        (
            '[[leave]]\nlever = "batch"\nworkload = "*"',
            'leave[0].workload: "*" is not allowed, give a workload\'s name, not "*"',
        ),
        (
            '[constraints]\nhorizon = "2027-11-23"',
            (
                'constraints.horizon: "2027-11-23" is not allowed,'
                " give a date without quotes, 2027-11-23"
            ),
        ),
        (
            "[constraints]\nallowed_models = []",
            "constraints.allowed_models: [] is not allowed, give a list of model names",
        ),
    ],
)
def test_a_fault_in_another_table_names_key_value_and_remedy(text: str, message: str) -> None:
    assert faults(f"version = 1\n{text}") == message


@pytest.mark.parametrize(
    ("match", "message"),
    [
        ('ap = "x"', "match.ap: unknown key, did you mean `app`?"),
        ('agent = "yes"', 'match.agent: "yes" is not allowed, give true or false'),
        (
            "tags = { team = 3 }",
            'match.tags.team: 3 is not allowed, give a table of names and values, { team = "x" }',
        ),
        (
            "",
            (
                "match: is empty, give at least one of app, model, key, workspace, session,"
                " visibility, tier, agent, tags"
            ),
        ),
    ],
)
def test_a_fault_in_a_workload_match_names_key_value_and_remedy(match: str, message: str) -> None:
    text = f'version = 1\n[[workload]]\nname = "nightly"\n[workload.match]\n{match}'
    assert faults(text) == f"workload[0].{message}"


@pytest.mark.parametrize("name", ["*", "W01", "W123", ""])
def test_a_workload_may_not_take_a_reserved_name(name: str) -> None:
    text = f'version = 1\n[[workload]]\nname = "{name}"\n[workload.match]\napp = "x"'
    assert faults(text).startswith(f'workload[0].name: "{name}" is not allowed')


def test_a_workload_name_given_twice_is_a_fault() -> None:
    one = '[[workload]]\nname = "nightly"\n[workload.match]\napp = "x"\n'
    assert faults(f"version = 1\n{one}{one}") == (
        'workload[1].name: "nightly" names 2 workloads, give each its own name'
    )


def test_a_key_unlike_any_other_gets_the_list_of_keys() -> None:
    assert faults("version = 1\n[constraints]\nzzz = 1") == (
        "constraints.zzz: unknown key, allowed are allowed_models, horizon"
    )


def test_broken_toml_is_named_with_its_line() -> None:
    message = faults("version = 1\nname = = 3\n")
    assert message.startswith("not valid TOML, ")
    assert "line 2" in message


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000])
def test_hostile_toml_is_a_fault_and_no_crash(text: str) -> None:
    assert faults(text).startswith("not valid TOML, ")


def test_all_faults_stand_in_one_message() -> None:
    text = f"version = 1\n{BATCH}deadline_hours = 0\n{ROUTING}from = 'x'\noutput_ratio = 0\n"
    paths = [fault.split(":")[0] for fault in faults(text).split("; ")]
    assert sorted(paths) == [
        "batch[0].deadline_hours",
        "routing[0].from",
        "routing[0].output_ratio",
    ]


def test_a_missing_file_a_folder_and_another_encoding_are_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'name = "\xe9"')
    for path, part in (
        (tmp_path / "none.toml", "cannot be read"),
        (tmp_path, "cannot be read"),
        (latin, "not UTF-8 at byte 8"),
    ):
        with pytest.raises(PolicyError, match=part) as caught:
            load_policy(path, known)
        assert str(path) in str(caught.value)


def test_a_file_is_read_with_its_path_in_faults(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("version = 1\nseeds = [7]\n", encoding="utf-8")
    assert load_policy(path, known).seeds == (7,)
    path.write_text("version = 3\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"mine\.toml: version"):
        load_policy(path, known)
