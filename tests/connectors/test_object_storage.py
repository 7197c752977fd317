"""Logs in a real object store (a moto server): what a folder gives, an address gives too."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import InputError
from analyzer.ingest import Intake, ingest
from analyzer.results import Ledger
from analyzer.store import Store
from connectors.registry import LogFile, find_logs

moto = pytest.importorskip("moto.server", reason="moto is not installed: no object store to ask")
serving = pytest.importorskip("werkzeug.serving")

pytestmark = pytest.mark.enable_socket

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "sources" / "bedrock"
Answer = Callable[[Any, Any], Any]


@dataclass
class ObjectStore:
    """A server, what was asked of it, and how it is to misbehave next."""

    address: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[str, Answer]] = field(default_factory=list)
    """(part of a path, what to answer instead of the object) for the next GET of it."""

    def put(self, bucket: str, objects: dict[str, bytes]) -> None:
        from pyarrow.fs import S3FileSystem

        system = S3FileSystem(
            endpoint_override=self.address, scheme="http", allow_bucket_creation=True
        )
        system.create_dir(bucket)
        for key, content in objects.items():
            with system.open_output_stream(f"{bucket}/{key}", compression=None) as stream:
                stream.write(content)

    def fetches(self) -> int:
        return sum(method == "GET" and path.endswith(".gz") for method, path in self.asked)


@pytest.fixture(scope="module")
def objects() -> Iterator[ObjectStore]:
    inner = moto.DomainDispatcherApplication(moto.create_backend_app)
    store = ObjectStore()

    def application(environ: dict[str, Any], start: Any) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        store.asked.append((method, path))
        for number, (part, fault) in enumerate(store.faults):
            if method in ("GET", "HEAD") and part in path:
                del store.faults[number]
                return fault(lambda: inner(environ, start), start)
        return inner(environ, start)

    server = serving.make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    store.address = f"http://127.0.0.1:{server.port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", store.address)
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield store
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def quiet(objects: ObjectStore) -> None:
    objects.asked.clear()
    objects.faults.clear()


def _sample() -> dict[str, bytes]:
    return {str(p.relative_to(SAMPLE)): p.read_bytes() for p in SAMPLE.rglob("*.gz")}


def _ingest(url: str, store: Path) -> tuple[Intake, Ledger, list[tuple[object, ...]]]:
    with Store.open(store, create=True) as opened:
        intake = ingest([url], opened)
        calls = opened.calls().drop("leaf", "system_end", "mark0", "mark1", "mark2", "mark3")
        return intake, opened.ledger(), calls.rows()


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REBILL_KEY", "a key for tests that is long enough")


@pytest.mark.usefixtures("key")
def test_a_bucket_gives_what_the_folder_gives_side_objects_too(
    objects: ObjectStore, tmp_path: Path
) -> None:
    objects.put("same", {f"team/{key}": content for key, content in _sample().items()})
    here = _ingest(str(SAMPLE), tmp_path / "folder.duckdb")
    there = _ingest("s3://same/team/", tmp_path / "bucket.duckdb")
    assert there[1] == here[1]
    assert there[2] == here[2]
    assert (there[0].side_objects, there[0].missing, there[0].complaints) == (1, 0, [])
    assert "full" in {cell for row in there[2] for cell in row if isinstance(cell, str)}


def test_one_object_is_fetched_once_though_it_is_read_three_times(
    objects: ObjectStore, tmp_path: Path
) -> None:
    objects.put("once", _sample())
    _ingest("s3://once", tmp_path / "store.duckdb")
    assert objects.fetches() == 2  # the log and its side object


def test_a_second_run_passes_over_and_takes_what_is_new(
    objects: ObjectStore, tmp_path: Path
) -> None:
    (name, log), *others = sorted(_sample().items(), key=lambda item: "/data/" in item[0])
    objects.put("resume", {name: log})
    first, ledger, _ = _ingest("s3://resume/AWSLogs", tmp_path / "store.duckdb")
    assert (first.files, first.missing) == (1, 1)  # its side object has not landed yet
    objects.put("resume", dict(others))
    second, again, calls = _ingest("s3://resume/AWSLogs", tmp_path / "store.duckdb")
    assert (second.files, second.missing) == (1, 0)
    assert again == ledger
    assert len(calls) == ledger.kept == 9
    third, _, _ = _ingest("s3://resume/AWSLogs", tmp_path / "store.duckdb")
    assert (third.files, len(third.unchanged)) == (0, 1)


def test_an_object_that_changed_is_read_anew_in_the_same_program(
    objects: ObjectStore, tmp_path: Path
) -> None:
    rows = gzip.decompress(next(c for key, c in _sample().items() if "/data/" not in key))
    lines = rows.splitlines(keepends=True)
    objects.put("grows", {"log.jsonl": b"".join(lines[:3])})
    _, before, _ = _ingest("s3://grows/log.jsonl", tmp_path / "store.duckdb")
    objects.put("grows", {"log.jsonl": rows})
    _, after, _ = _ingest("s3://grows/log.jsonl", tmp_path / "store.duckdb")
    assert (before.lines, after.lines) == (3, 10)


def _busy(_inner: Any, start: Any) -> Any:
    start("503 Slow Down", [("Content-Length", "0")])
    return []


def _half(inner: Any, _start: Any) -> Any:
    body = b"".join(inner())
    return [body[: len(body) // 2]] if body else []  # the header still promises the whole


@pytest.mark.parametrize("fault", [_busy, _half], ids=["503", "half a body"])
def test_a_store_that_stumbles_once_costs_nothing(
    objects: ObjectStore, tmp_path: Path, fault: Answer
) -> None:
    bucket = f"stumble-{'503' if fault is _busy else 'half'}"
    objects.put(bucket, _sample())
    objects.faults.append(("golden.json.gz", fault))
    intake, ledger, _ = _ingest(f"s3://{bucket}", tmp_path / "store.duckdb")
    assert objects.faults == []
    assert (intake.complaints, intake.missing, ledger.lines) == ([], 0, 10)


@pytest.mark.parametrize(
    # a client that is given half again and again keeps trying for some seconds
    "kind",
    ["denied", pytest.param("half", marks=pytest.mark.full)],
)
def test_a_store_that_never_gives_the_rest_leaves_the_log_for_the_next_run(
    objects: ObjectStore, tmp_path: Path, kind: str
) -> None:
    bucket = f"broken-{kind}"
    objects.put(bucket, {"a.jsonl": b'{"x": 1}\n' * 9, "b.jsonl": b'{"x": 1}\n' * 9})
    objects.faults.extend([("a.jsonl", _denied if kind == "denied" else _half)] * 5_000)
    intake, ledger, _ = _ingest(f"s3://{bucket}", tmp_path / "store.duckdb")
    [said, _] = intake.complaints
    assert said.startswith(f"s3://{bucket}/a.jsonl: cannot be read (")
    assert said.endswith("run again")
    assert intake.unread == 1
    assert ledger.lines == 9  # of the other log


def _denied(_inner: Any, start: Any) -> Any:
    start("403 Forbidden", [("Content-Type", "application/xml")])
    return [b"<Error><Code>InvalidAccessKeyId</Code><Message>no such key</Message></Error>"]


def test_bad_credentials_are_one_line_that_holds_no_secret(objects: ObjectStore) -> None:
    objects.put("closed", {"a.jsonl": b"{}\n"})
    objects.faults.extend([("closed", _denied)] * 20)
    with pytest.raises(InputError) as caught:
        find_logs(["s3://key:hidden-secret@closed/"])
    said = str(caught.value)
    assert said.startswith("s3://closed/: cannot be read (")
    assert said.endswith("check address and credentials")
    assert "hidden-secret" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://no-such-bucket/logs/", "no bucket of that name"),
        ("s3://there/other/", "nothing there"),
        ("s3://there/pictures/", "no logs there; names must end in"),
        ("ftp://there/logs/", "known are s3://"),
        ("s3://", "names no bucket"),
    ],
)
def test_an_address_that_gives_nothing_says_what_to_check(
    objects: ObjectStore, url: str, said: str
) -> None:
    objects.put("there", {"logs/a.jsonl": b"{}\n", "pictures/a.png": b"", "pictures/b.png": b""})
    with pytest.raises(InputError, match=said) as caught:
        find_logs([url])
    assert str(caught.value).startswith(url)


def test_one_object_may_end_as_it_likes_and_a_prefix_gives_logs_alone(objects: ObjectStore) -> None:
    line = json.dumps({"x": 1}).encode()
    objects.put("names", {"a/log.txt": line, "a/b c/d#1.jsonl": line, "a/e.png": line})
    assert [str(p) for p in find_logs(["s3://names/a/log.txt"])] == ["s3://names/a/log.txt"]
    [log] = find_logs(["s3://names/a/"])
    assert str(log) == "s3://names/a/b c/d#1.jsonl"
    assert list(LogFile(log).lines()) == [(1, line)]


def test_neighbours_of_an_object_are_the_logs_of_its_folder(objects: ObjectStore) -> None:
    objects.put("folder", {"a/1.jsonl": b"{}", "a/2.jsonl": b"{}", "a/b/3.jsonl": b"{}"})
    first, *_ = find_logs(["s3://folder/a/"])
    assert [other.path.name for other in LogFile(first).neighbours()] == ["2.jsonl"]
    assert LogFile(first).beside("b/3.jsonl") is not None
    assert LogFile(first).beside("b/4.jsonl") is None
