"""The guide is true: its programs run, and its table holds the defaults."""

import inspect
import re
import shutil
from pathlib import Path

import pytest

from analyzer.trace import Call
from connectors.recorder import Recorder
from tests.recorder.conftest import Read
from tests.recorder.loopback import Loopback

GUIDE = (Path(__file__).parents[2] / "docs" / "recorder.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.enable_socket
def test_the_programs_run_one_after_another(
    tmp_path: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch, read: Read
) -> None:
    if shutil.disk_usage(tmp_path).free < 2 * 2**30:
        pytest.skip("the guide's recorders stop while the disk has less than 1 GiB free")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    names: dict[str, object] = {}
    for program in PROGRAMS:
        exec(program, names)  # noqa: S102 - our own guide
    recorder = names["recorder"]
    assert isinstance(recorder, Recorder)
    recorder.close()
    (call,) = read(tmp_path / "traffic")
    assert isinstance(call, Call)
    assert (call.app, call.workload, call.session) == ("helpdesk", "triage", "ticket-4711")
    assert call.tags == {"team": "blue", "step": "draft"}


def test_the_table_holds_every_default() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", GUIDE, re.MULTILINE))
    real = inspect.signature(Recorder.__init__).parameters
    units = {"MiB": 2**20, "GiB": 2**30}
    for name in ("max_file_bytes", "max_queued_bytes", "min_free_bytes"):
        number, unit = told[name].split()
        assert real[name].default == int(number) * units[unit]
    assert told["compress"] == f"`{real['compress'].default}`"
