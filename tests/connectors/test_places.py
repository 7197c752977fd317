"""One Bedrock id, one bill: whichever connector read it, and whatever address a call went to."""

from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from analyzer.prompts import Hasher
from analyzer.trace import Call, Tokens
from connectors.connector import Connector
from connectors.endpoints import place_at, placed
from connectors.registry import CONNECTORS, LogFile

SOURCES = Path(__file__).parents[2] / "sample_logs" / "sources"
TRANSCRIPT = SOURCES.parent / "traps" / "transcripts" / "streamed_group.jsonl"
OWN = {"bedrock", "vertex", "mooncake"}
"""Their logs tell the endpoint themselves, or no model at all."""
MODEL = b"claude-sonnet-5-5"
IDS = {
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0": "regional",
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0": "regional",
    "anthropic.claude-sonnet-4-5-20250929-v1:0": "regional",
    "global.anthropic.claude-sonnet-4-5-20250929-v1:0": "global",
}


def _sample(connector: Connector) -> Path | None:
    if connector.name == "transcripts":
        return TRANSCRIPT
    folder = SOURCES / connector.name.replace("claude_code_bodies", "claude_code_otel/bodies")
    found = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    return next((path for path in found if _reads(connector, path)), None)


def _reads(connector: Connector, path: Path) -> bool:
    held = path.read_bytes()
    return connector.detect(held) and MODEL in held and any(_calls(connector, path))


def _calls(connector: Connector, path: Path) -> list[Call]:
    told = connector.read(LogFile(path), Hasher(b"a key for tests"))
    return [outcome for outcome in told if isinstance(outcome, Call)]


def _models(path: Path) -> bytes:
    return MODEL if MODEL in path.read_bytes() else b"claude-sonnet-5"


CARRIERS = [
    pytest.param(connector, sample, id=connector.name)
    for connector in CONNECTORS
    if connector.name not in OWN and (sample := _sample(connector))
]


def test_every_connector_of_calls_takes_part() -> None:
    assert {case.id for case in CARRIERS} >= {
        "batches", "claude_code_bodies", "claude_code_otel", "cloudflare", "helicone", "kong",
        "langfuse", "litellm", "litellm_spend", "messages", "otlp", "portkey", "transcripts",
    }  # fmt: skip


@pytest.mark.parametrize("model", IDS)
@pytest.mark.parametrize(("connector", "sample"), CARRIERS)
def test_the_same_id_has_the_same_place_whichever_connector_read_it(
    connector: Connector, sample: Path, model: str, tmp_path: Path
) -> None:
    copy = tmp_path / sample.name
    copy.write_bytes(sample.read_bytes().replace(_models(sample), model.encode()))
    found = [call for call in _calls(connector, copy) if "anthropic." in call.model]
    assert found
    assert {(call.model, call.geo) for call in found} == {(model, IDS[model])}


BEDROCK = "bedrock-runtime.us-east-1.amazonaws.com"
GOVERNMENT = "bedrock-runtime.us-gov-west-1.amazonaws.com"
VERTEX = "publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict"
PROJECT = "projects/p"
ADDRESSES = {
    f"https://{BEDROCK}/model/us.anthropic.claude-x/invoke": "regional",
    f"https://{BEDROCK}/model/global.anthropic.claude-x/converse": "global",
    f"https://{BEDROCK}/model/anthropic.claude-x-v1%3A0/invoke": "regional",
    f"https://{GOVERNMENT}/model/anthropic.claude-x/invoke": "us-gov",
    "/model/eu.anthropic.claude-x/invoke-with-response-stream": "regional",
    f"https://{BEDROCK}": None,
    f"https://us-aiplatform.googleapis.com/v1/{PROJECT}/locations/us/{VERTEX}": "regional",
    f"https://aiplatform.googleapis.com/v1/{PROJECT}/locations/global/{VERTEX}": "global",
    f"https://aiplatform.eu.rep.googleapis.com/v1/{PROJECT}/locations/eu/{VERTEX}": "regional",
    f"/v1/{PROJECT}/locations/europe-west1/{VERTEX}": "regional",
    "https://europe-west1-aiplatform.googleapis.com": "regional",
    "https://aiplatform.googleapis.com": "global",
    "https://api.anthropic.com/v1/messages": None,
    "https://[broken": None,
    None: None,
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_tells_the_kind_of_endpoint(url: str | None) -> None:
    assert place_at(url) == ADDRESSES[url]


def _call(**fields: str) -> Call:
    base = Call(line=1, line_sha256=sha256(b"").digest(), model="claude-x", tokens=Tokens())
    return msgspec.structs.replace(base, **fields)


CASES = [
    # the answer names the model, the request its id
    ({"model_requested": "us.anthropic.claude-x"}, "regional"),
    ({"model_requested": "us.anthropic.claude-x", "platform": "bedrock"}, "regional"),
    ({"model_requested": "bedrock/us.anthropic.claude-x"}, "regional"),
    ({"model": "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-x"}, "regional"),
    ({"model": "arn:aws-us-gov:bedrock:us-gov-east-1::foundation-model/anthropic.x"}, "us-gov"),
    ({"model": "us.anthropic.claude-x", "geo": "us-gov"}, "us-gov"),
    ({"model": "us.anthropic.claude-x", "geo": "not_available"}, "regional"),
    # a gateway's alias that another platform answered
    ({"model_requested": "us.anthropic.claude-x", "platform": "claude_api"}, None),
    # an application's own profile may lead anywhere
    ({"model": "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"}, None),
    ({"model": "anthropic/claude-x"}, None),
    ({"geo": "us"}, "us"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "place"), CASES)
def test_an_id_places_a_call(fields: dict[str, str], place: str | None) -> None:
    assert placed(_call(**fields)).geo == place
