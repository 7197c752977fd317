"""What a connector says of each log line, in the units the whole program shares.

Times are microseconds since 1970 UTC, tokens are integers, `None` means that the source does not
say (it is never 0). The five input buckets are disjoint; output contains thinking. Sources of the
rules: the Messages API's own types (`anthropic.types.Usage`) and the vendor's prompt-caching
page.
"""

from typing import Literal

import msgspec
import polars as pl

Section = Literal["tools", "system", "messages"]
Visibility = Literal["full", "messages_only", "no_system", "truncated", "delta_only", "none"]
"""What of the prompt the source shows; it gates which lever may run.

`full`: tools, system and messages; `messages_only`: a transcript, whose system prompt and tools are
hidden; `no_system`: a gateway that drops the system prompt; `truncated`: long texts are cut, so
that a hash is a fingerprint; `delta_only`: a server-side thread; `none`: usage without content.
"""
Speaker = Literal["user", "tool"]
OTHER_MODEL = "other model"
"""What the ledger calls lines of other makers' models."""
OTHER_MODEL_PREDICTED = "other model, with rejected predictions"
"""Of these, lines whose usage tells of predicted tokens that were rejected, and billed."""
OWN_HARDWARE = "own hardware: billed in gpu hours, not tokens"
"""Lines of calls that a model server of one's own answered: no bill of tokens holds them."""
UsageBasis = Literal["exclusive", "inclusive", "estimated"]
"""How the source counted input: without cache tokens, with them inside (they were then taken out),
or by an estimate of its own."""


class Node(msgspec.Struct, frozen=True, gc=False):
    """One prompt block as a node of the prefix trie; the text itself is gone."""

    node: bytes
    """Keyed 128-bit chain hash of the prefix that ends here."""
    parent: bytes | None
    """The prefix before it; None for the first block of a prompt."""
    position: int
    """Place counted as the vendor's lookback counts: a run of tool_use or tool_result is one."""
    section: Section
    chars: int
    produced_by: str | None = None
    """Message id of the call whose answer this block is, where the log shows it."""


class Breakpoint(msgspec.Struct, frozen=True, gc=False):
    """A `cache_control` mark: the prefix it ends and the life it asked for."""

    node: bytes
    ttl_s: int


class Prompt(msgspec.Struct, frozen=True, gc=False):
    """The structure of one request's prompt."""

    visibility: Visibility
    leaf: bytes | None = None
    """Last block of the prompt; None when nothing of it was visible."""
    system_end: bytes | None = None
    """Last block before the messages; names the call site."""
    breakpoints: tuple[Breakpoint, ...] = ()
    """At most four, in prompt order; empty when the source shows none."""
    system_params: bytes = b""
    """Hash of parameters whose change drops cached system and messages (web search, citations)."""
    message_params: bytes = b""
    """Hash of parameters whose change drops cached messages (tool choice, thinking, effort)."""
    turn: Speaker | None = None
    """Who the model answers: a person (or a program) that spoke, or a tool that it had called."""


class Tokens(msgspec.Struct, frozen=True, gc=False):
    """Billed tokens of one call: five disjoint input buckets, and output."""

    uncached: int | None = None
    read: int | None = None
    write_5m: int | None = None
    write_1h: int | None = None
    write_unsplit: int | None = None
    """Cache writes whose life the source does not tell."""
    output: int | None = None
    thinking: int | None = None
    """Part of output, not added to it."""


class Iteration(msgspec.Struct, frozen=True, gc=False):
    """One entry of `usage.iterations`: where there are any, they and nothing else are billed."""

    kind: str
    model: str | None
    tokens: Tokens


class Call(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One billed provider call as one source tells it."""

    line: int
    """Number of the winning line, from 1."""
    lines: int = 1
    """Lines of this source that told of the call; all but one are repeats."""
    line_time_us: int = 0
    line_sha256: bytes
    message_id: str | None = None
    request_id: str | None = None
    batch_id: str | None = None
    custom_id: str | None = None
    gateway_id: str | None = None
    platform: str | None = None
    """claude_api, bedrock, vertex, foundry; None when the source cannot tell."""
    model: str
    model_requested: str | None = None
    start_us: int | None = None
    first_us: int | None = None
    """First token or first byte; readable cache entries appear then."""
    end_us: int | None = None
    time_precision: Literal["us", "ms", "s"] = "us"
    time_meaning: Literal["start", "end", "line"] = "start"
    """What the source's time is: `line` means that the start is the line before the answer."""
    stream: bool | None = None
    max_tokens: int | None = None
    effort: str | None = None
    tool_choice: str | None = None
    tier: str | None = None
    """`usage.service_tier` as served."""
    speed: str | None = None
    geo: str | None = None
    tokens: Tokens
    iterations: tuple[Iteration, ...] = ()
    web_searches: int | None = None
    accepted_prediction: int | None = None
    """Tokens that the client predicted and the model took; part of output."""
    rejected_prediction: int | None = None
    """Tokens that the client predicted in vain; part of output, and so billed."""
    usage_basis: UsageBasis = "exclusive"
    usage_final: bool = True
    """False when the answer's last line never came: output is a lower bound."""
    flags: tuple[str, ...] = ()
    """Arithmetic that does not add up, in words; flagged rows are kept and named."""
    charged: bool = True
    """False for a refusal before any output: reported in usage, not billed."""
    stop_reason: str | None = None
    attempt: int = 0
    org: str | None = None
    workspace: str | None = None
    key: str | None = None
    user: str | None = None
    session: str | None = None
    agent: str | None = None
    """Subagent or side question inside the session; None on the main chain."""
    app: str | None = None
    workload: str | None = None
    """A name the source itself gives (a tag); rules in the policy file come before it."""
    tags: dict[str, str] = {}
    compaction: bool = False
    """The call follows a compaction: its prompt starts anew."""
    resume: bool = False
    """The call is the first of a session that carries on another's history."""
    prompt: Prompt = Prompt(visibility="none")
    nodes: tuple[Node, ...] = ()
    """Trie nodes first seen with this call, parents before children."""
    cost_logged_usd: str | None = None
    """What a client claims; never priced from, kept for comparison."""
    cache_miss_reason: str | None = None
    """What parted from the request before it, in the API's word, where the vendor says so."""
    cache_missed_tokens: int | None = None
    """Tokens that the vendor says would have been read otherwise, about."""
    sampling: float | None = None
    """Share of the calls that the source logs, where it says so; None means no word of sampling."""


class Calls(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Calls, one a line, of which one source tells the same but for some values."""

    like: Call
    """One of them; it has no prompt."""
    values: pl.DataFrame
    """One row a call: `line`, `line_sha256`, and what differs, as columns of `call_columns`."""

    @property
    def line(self) -> int:
        """Number of the first of their lines."""
        return int(self.values["line"][0])


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A try that billed nothing: an error, or a response cut before any usage."""

    line: int
    status: int | None
    error: str
    start_us: int | None = None
    end_us: int | None = None
    request_id: str | None = None
    model: str | None = None
    attempt: int = 0


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A line at fault: it should have told of a call and cannot be read."""

    line: int
    reason: str
    """Short and without content, so that equal faults count together."""
    detail: str = ""
    """Which key, which value kind, what to do; never prompt text."""


class Aside(msgspec.Struct, frozen=True, gc=False):
    """A sound line that holds no billed call (a person's turn, a progress note, a blank line)."""

    line: int
    kind: str


class UsageRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Tokens of one cell of a vendor's usage report; a key the report did not group by is None."""

    start_us: int
    end_us: int
    model: str | None = None
    tier: str | None = None
    speed: str | None = None
    geo: str | None = None
    context_window: str | None = None
    """`0-200k` or `200k-1M`, as the API writes them."""
    workspace: str | None = None
    key: str | None = None
    actor: str | None = None
    requests: int | None = None
    tokens: Tokens
    web_searches: int | None = None


CostKind = Literal[
    "tokens", "web_search", "code_execution", "session_usage",
    "purchase", "credit", "tax", "adjustment", "other",
]  # fmt: skip
TokenType = Literal["uncached", "read", "write_5m", "write_1h", "write_unsplit", "output"]


class CostRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Money of one cell of a vendor's cost report, console export, FOCUS file or invoice.

    Amounts are whole pico-units of `currency` (10^-12; pico-dollars as everywhere).
    """

    start_us: int
    end_us: int
    kind: CostKind
    token_type: TokenType | None = None
    model: str | None = None
    tier: str | None = None
    speed: str | None = None
    geo: str | None = None
    context_window: str | None = None
    workspace: str | None = None
    key: str | None = None
    charged_pico: int
    """After discount, before credits and tax."""
    list_pico: int | None = None
    """Before discount; None where the report does not say."""
    quantity: int | None = None
    """Tokens or uses, where the report says."""
    currency: str = "USD"
    invoice: str | None = None
    correction: bool = False
    """Restates an earlier, closed period (FOCUS ChargeClass `Correction`)."""


class Reported(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line (or document) of a vendor's report: totals to reconcile with, no call of its own."""

    line: int
    report: str
    """What the ledger calls it, such as `usage report`."""
    usage: tuple[UsageRow, ...] = ()
    cost: tuple[CostRow, ...] = ()


Outcome = Call | Calls | Attempt | Rejected | Aside | Reported
"""Each line read becomes one outcome, or one of the `lines` of a call or of several calls."""
