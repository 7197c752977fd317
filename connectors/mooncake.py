"""Mooncake traces: arrival, lengths and block hashes, as inference simulators share them.

`timestamp` is milliseconds since the trace began, `hash_ids` name the prompt's blocks of 512 tokens
(the last one may be shorter), each id standing for the whole prefix that ends there. A trace names
no model and nobody billed it: its lengths are counts of some tokenizer, its calls are listed as
unpriced, and what a cache would have read is for a replay to find.
"""

import hashlib
from collections.abc import Iterator

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import Call, Node, Outcome, Prompt, Tokens
from connectors.connector import Connector, each_line, first_objects
from connectors.faults import LineError
from connectors.messages import UNKNOWN_MODEL
from connectors.reading.files import LogFile
from connectors.reading.json_scan import object_of

BLOCK_TOKENS = 512
_US_PER_MS = 1000
_LONGEST_MS = 10**15


class _Request(msgspec.Struct):
    input_length: int
    output_length: int
    hash_ids: list[int]
    timestamp: int | float | None = None
    session_id: str | int | None = None
    model: str | None = None


_decode = msgspec.json.Decoder(_Request).decode


def _detect(head: bytes) -> bool:
    """Tell a request by its keys."""
    keys = {"input_length", "output_length", "hash_ids"}
    return any(keys <= {*fields} for fields in first_objects(head))


def _parse(log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    known: set[bytes] = set()

    def decode(number: int, raw: bytes) -> Outcome:
        object_of(raw)
        request = _decode(raw)
        _refuse_unsound(request)
        start_us = _start_us(request)
        chain = _chain(request, hasher)
        fresh = tuple(node for node in chain if node.node not in known)
        known.update(node.node for node in fresh)
        call = _call(number, raw, request, start_us)
        prompt = Prompt("full", chain[-1].node) if chain else call.prompt
        return msgspec.structs.replace(call, prompt=prompt, nodes=fresh)

    return each_line(log, decode)


def _refuse_unsound(request: _Request) -> None:
    """Refuse lengths that blocks of 512 tokens cannot hold.

    Raises:
        LineError: a negative length, or ids of blocks of another size.
    """
    if min(request.input_length, request.output_length, *request.hash_ids, 0) < 0:
        raise LineError("bad count", "lengths and hash_ids are whole numbers from 0")
    blocks = -(-request.input_length // BLOCK_TOKENS)
    if blocks != len(request.hash_ids):
        detail = f"{len(request.hash_ids):,} for input_length; blocks of 512 tokens make {blocks:,}"
        raise LineError("bad field", f"hash_ids: {detail}")


def _chain(request: _Request, hasher: Hasher) -> list[Node]:
    """Give a node a block, whose weight in the token map is its tokens to the unit.

    The map spreads a prompt by characters + 1, so a block of 512 tokens counts as 511 characters:
    then every whole block ends at a multiple of 512.
    """
    chain: list[Node] = []
    parent: bytes | None = None
    for place, block in enumerate(request.hash_ids):
        tokens = min(BLOCK_TOKENS, request.input_length - place * BLOCK_TOKENS)
        digest = hasher.digest(parent or b"", b"mooncake block", b"%d" % block)
        chain.append(Node(digest, parent, place + 1, "messages", tokens - 1))
        parent = digest
    return chain


def _call(number: int, raw: bytes, request: _Request, start_us: int | None) -> Call:
    digest = hashlib.sha256(raw).digest()
    return Call(
        line=number,
        line_time_us=start_us or 0,
        line_sha256=digest,
        # equal lines are different requests, and one file read from two places is not
        gateway_id=f"mooncake:{number:012}:{digest.hex()[:16]}",
        model=request.model or UNKNOWN_MODEL,
        start_us=start_us,
        time_precision="ms",
        tokens=Tokens(uncached=request.input_length, output=request.output_length),
        usage_basis="estimated",
        session=str(request.session_id) if request.session_id is not None else None,
    )


def _start_us(request: _Request) -> int | None:
    """Give microseconds since the trace began.

    Raises:
        LineError: a time before the beginning, or no time at all.
    """
    if request.timestamp is None:
        return None
    if not 0 <= request.timestamp < _LONGEST_MS:
        raise LineError("bad time", "timestamp: not milliseconds since the trace began")
    return round(request.timestamp * _US_PER_MS)


CONNECTOR = Connector(
    name="mooncake",
    title="Mooncake traces of inference simulators",
    detect=_detect,
    parse=_parse,
    carries="arrival, lengths and shared prefixes in blocks of 512 tokens; no model and no bill",
    levers=("caching",),
)
