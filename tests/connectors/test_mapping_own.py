"""A user's own table: the documented example, missing columns, a mapping that changed."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.cli import cli
from analyzer.errors import InputError
from analyzer.ingest import ingest
from analyzer.prompts import Hasher
from analyzer.store import Store
from analyzer.trace import Aside, Attempt, Call, Outcome
from connectors.mapping import from_file
from connectors.registry import LogFile

DOCS = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text()
CSV, TOML = (
    re.search(rf"```{kind}\n(.*?)```", DOCS, re.DOTALL)[1]  # type: ignore[index]  # they are there
    for kind in ("csv", "toml")
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(CSV)
    return path


def mapped(folder: Path, table: Path, toml: str = TOML) -> tuple[list[Outcome], LogFile]:
    (folder / "my.toml").write_text(toml)
    log = LogFile(table)
    outcomes = list(from_file(folder / "my.toml").read(log, Hasher(b"a key for tests")))
    return outcomes, log


def test_the_documented_example_is_read_as_the_page_says(tmp_path: Path, table: Path) -> None:
    (one, two, three, four), log = mapped(tmp_path, table)
    assert isinstance(one, Call)
    assert isinstance(two, Call)
    assert (one.tokens.uncached, one.tokens.write_unsplit, one.tokens.output) == (12, 3_000, 60)
    assert (two.tokens.uncached, two.tokens.read, two.tokens.write_unsplit) == (12, 3_000, 150)
    # 1.5 s after 12:00:00.250
    assert ((one.end_us or 0) - (one.start_us or 0), one.time_precision) == (1_500_000, "ms")
    assert (one.start_us or 0) % 86_400_000_000 == (12 * 3600 * 1000 + 250) * 1000
    assert [one.stop_reason, two.stop_reason] == ["end_turn", "max_tokens"]
    assert (one.model, one.workload, one.cost_logged_usd) == (
        "claude-sonnet-5-5",
        "support",
        "0.011",
    )
    assert isinstance(three, Attempt)
    assert (three.status, three.error, three.line) == (429, "http_429", 4)
    assert four == Aside(5, "other model")
    assert log.notes == []


def test_the_same_table_as_json_lines_and_as_one_array_gives_the_same(
    tmp_path: Path, table: Path
) -> None:
    lines = CSV.splitlines()
    rows: list[dict[str, object]] = [
        dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]
    ]
    rows[0]["in_all"] = 3012.0  # a number in place of its text
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    expected = [getattr(o, "tokens", type(o)) for o in mapped(tmp_path, table)[0]]
    for name in ("rows.jsonl", "rows.json"):
        outcomes, _ = mapped(tmp_path, tmp_path / name)
        assert [getattr(o, "tokens", type(o)) for o in outcomes] == expected


def test_a_column_that_every_call_needs_is_asked_for_by_name(tmp_path: Path, table: Path) -> None:
    with pytest.raises(InputError) as caught:
        mapped(tmp_path, table, TOML.replace('input = "in_all"', 'input = "in_al"'))
    said = str(caught.value)
    assert "export.csv: no column `in_al` (usage.input); did you mean `in_all`?" in said
    assert "my.toml" in said


def test_without_a_near_name_the_columns_that_are_there_are_listed(
    tmp_path: Path, table: Path
) -> None:
    with pytest.raises(InputError, match="there are call, when, took, deployment, in_all"):
        mapped(tmp_path, table, TOML.replace('start = "when"', 'start = "zzzzz"'))


def test_a_table_under_another_name_is_no_riddle(tmp_path: Path, table: Path) -> None:
    plain = table.rename(tmp_path / "export.txt")
    with pytest.raises(InputError, match=r"CSV is told by its name \(\.csv, \.tsv\)"):
        mapped(tmp_path, plain)


def test_any_other_column_that_no_row_holds_is_told_of(tmp_path: Path, table: Path) -> None:
    toml = TOML.replace('workload = "team"', 'workload = "taem"\nuser = "who"')
    outcomes, log = mapped(tmp_path, table, toml)
    assert len(outcomes) == 4, "the file is read all the same"
    assert len(log.notes) == 2
    assert "no column `taem` (who.workload); did you mean `team`?" in log.notes[0] + log.notes[1]
    quiet = toml.replace('"taem"', '{ path = "taem", optional = true }').replace('user = "who"', "")
    assert mapped(tmp_path, table, quiet)[1].notes == []


def test_a_column_that_is_there_and_always_empty_is_told_of_too(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "\n".join(f"{line}," for line in CSV.splitlines()).replace("http,", "http,user")
    )
    _, log = mapped(tmp_path, path, TOML.replace("[who]", '[who]\nuser = "user"'))
    assert [note.partition(": ")[2] for note in log.notes] == [
        "who.user (user) is empty in every row that was asked for it"
    ]


def test_a_changed_mapping_reads_the_file_again_and_drops_the_earlier_reading(
    tmp_path: Path, table: Path
) -> None:
    path = tmp_path / "my.toml"
    with Store.open(tmp_path / "s.duckdb", create=True) as store:
        path.write_text(TOML)
        ingest([str(table)], store, from_file(path))
        assert ingest([str(table)], store, from_file(path)).unchanged == [str(table)]
        assert ingest([str(table)], store).unchanged == [str(table)], "it was read already"
        path.write_text(TOML.replace('basis = "inclusive"', 'basis = "exclusive"'))
        again = ingest([str(table)], store, from_file(path))
        assert again.files == 1
        assert sum(again.connectors.values()) == 1
        frame = store.calls()
        # exclusive: the input stays as it stands in the table
        assert sorted(frame["uncached"].to_list()) == [3_012, 3_162]
        assert store.ledger().lines == 4


def test_the_command_line_takes_a_mapping(tmp_path: Path, table: Path) -> None:
    (tmp_path / "my.toml").write_text(TOML.replace('workload = "team"', 'workload = "taem"'))
    store = ["--store", str(tmp_path / "s.duckdb")]
    options = ["ingest", str(table), "--mapping", str(tmp_path / "my.toml"), *store]
    result = CliRunner().invoke(cli, options, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "lines read 4 = kept 2" in result.output
    assert "no column `taem` (who.workload); did you mean `team`?" in result.output


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--mapping", "nosuch.toml"], 1, "--mapping nosuch.toml: cannot be read"),
        (["--mapping", "my.toml", "--source", "langfuse"], 2, "give one of them"),
    ],
)
def test_the_command_line_says_what_is_wrong_with_a_mapping(
    tmp_path: Path, table: Path, options: list[str], status: int, said: str
) -> None:
    store = ["--store", str(tmp_path / "s.duckdb")]
    result = CliRunner().invoke(cli, ["ingest", str(table), *options, *store])
    assert result.exit_code == status
    assert said in result.output + str(result.exception)


def test_every_key_of_a_mapping_stands_on_its_page() -> None:
    from connectors.mapping import schema as mapping_schema

    for name, field in mapping_schema.MappingFile.model_fields.items():
        assert f"`{name}`" in DOCS or f"[{name}]" in DOCS or f"`{field.alias}`" in DOCS, name
    for table in ("Call", "Ids", "Who", "Times", "Usage", "Cost", "Body", "Tags", "Repeats"):
        for name in getattr(mapping_schema, f"{table}Table").model_fields:
            assert f"`{name}`" in DOCS, name
