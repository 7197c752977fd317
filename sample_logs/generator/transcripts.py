"""Claude Code transcripts of the agent sessions: one line for each content block and each event."""

from dataclasses import dataclass

from generator.agents import Session, Step
from generator.calendar import iso
from generator.exchanges import ORGANISATION, Json
from generator.seeded import Random, stream
from generator.words import Writer

CLIENT_VERSION = "2.1.240"
OLD_CLIENT_VERSION = "2.1.210"
"""Clients before 2.1.233 write the usage of the stream's start on every line but the last."""
OLD_CLIENT_SESSION = "session-03"
FAILED_SESSION = "session-06"
_TOOLS = ("Read", "Bash", "Grep", "Edit")
_THINKING = 0.55
_TALKING = 0.65
"""Shares of answers with a thinking and a text line: with tool calls, 2.2 lines an answer."""


def lines(seed: int, session: Session) -> list[Json]:
    """Give the lines of one transcript file."""
    script = _Script(seed, session)
    for index, step in enumerate(session.steps):
        following = session.steps[index + 1] if index + 1 < len(session.steps) else None
        script.add_call(step, following)
    return script.lines


@dataclass(slots=True)
class _Tool:
    """The tool call that waits for its result."""

    identity: str
    line: str


class _Script:
    """Writes lines with their chain of `uuid` and `parentUuid`."""

    def __init__(self, seed: int, session: Session) -> None:
        self.lines: list[Json] = []
        self._session = session
        self._writer = Writer(seed, "agent", sentences=40)
        self._seed = seed
        self._parent: str | None = None
        self._tool: _Tool | None = None
        self._turn_start_ms = 0
        self._said_in = session.name

    def add_call(self, step: Step, following: Step | None) -> None:
        """Write what led to a call, then its answer."""
        # Drawn by the call's own name: a fork repeats the very content it copies.
        random = stream(self._seed, f"content {step.name}")
        # Copied history keeps the id of the session it was said in; only the lines are new.
        self._said_in = step.session
        if step.cause == "compaction":
            self._compaction(random, step)
        elif step.cause == "tool" and self._tool:
            self._tool_result(random, step, self._tool)
        else:
            self._turn_start_ms = step.start_ms
            text = self._writer.text(random, 60 + int(random.random() * 160), "Synthetic task: ")
            self._user(step.start_ms, {"role": "user", "content": text})
        if step.name.startswith(FAILED_SESSION) and step.name.endswith("_004"):
            self._error(step)
        calls_tool = following is not None and following.cause == "tool"
        self._answer(random, step, calls_tool=calls_tool)
        if not calls_tool:
            duration = {"durationMs": step.end_ms - self._turn_start_ms, "isMeta": False}
            self._line("system", step.end_ms + 20, {"subtype": "turn_duration", **duration})

    def _line(self, kind: str, time_ms: int, rest: Json) -> str:
        # Readable ids that count up, in the shape of a UUID; a random one would not compress.
        owner = self._session.agent or self._session.name
        uuid = f"00000000-5e55-4000-8000-{len(self.lines) + 1:012d}-{owner}"
        old = self._session.name == OLD_CLIENT_SESSION
        self.lines.append(
            {
                "parentUuid": self._parent,
                "isSidechain": self._session.agent is not None,
                **({"agentId": self._session.agent} if self._session.agent else {}),
                "userType": "external",
                "entrypoint": "cli",
                "cwd": f"/synthetic/{ORGANISATION}/{self._session.project.name}",
                "sessionId": self._said_in,
                "version": OLD_CLIENT_VERSION if old else CLIENT_VERSION,
                "gitBranch": "main",
                "type": kind,
                **rest,
                "uuid": uuid,
                "timestamp": iso(time_ms),
            }
        )
        self._parent = uuid
        return uuid

    def _user(self, time_ms: int, message: Json, **rest: object) -> None:
        self._line("user", time_ms, {"message": message, **rest})

    def _tool_result(self, random: Random, step: Step, tool: _Tool) -> None:
        if random.random() < 0.2:  # noqa: PLR2004 - one tool call in five runs a hook
            hook = {"type": "hook_progress", "hookEvent": "PostToolUse", "command": "callback"}
            self._line("progress", step.start_ms - 5, {"data": hook, "toolUseID": tool.identity})
        text = self._writer.text(random, 50 + int(random.random() * 200), "Synthetic output: ")
        block = {"tool_use_id": tool.identity, "type": "tool_result", "content": text}
        self._user(
            step.start_ms,
            {"role": "user", "content": [block]},
            sourceToolAssistantUUID=tool.line,
        )
        self._tool = None

    def _compaction(self, random: Random, step: Step) -> None:
        before = self._parent
        self._parent = None
        self._line(
            "system",
            step.start_ms - 40,
            {
                "subtype": "compact_boundary",
                "content": "Conversation compacted",
                "logicalParentUuid": before,
                "isMeta": False,
                "compactMetadata": {"trigger": "auto", "preTokens": _before(self._session, step)},
            },
        )
        summary = self._writer.text(random, 900, "Synthetic summary of the conversation so far. ")
        self._user(
            step.start_ms - 30,
            {"role": "user", "content": summary},
            isVisibleInTranscriptOnly=True,
            isCompactSummary=True,
        )
        self._turn_start_ms = step.start_ms
        text = self._writer.text(random, 90, "Synthetic task, carried on: ")
        self._user(step.start_ms, {"role": "user", "content": text})
        self._tool = None

    def _error(self, step: Step) -> None:
        """Write a refused attempt: no usage, and a model name that is none."""
        text = {"type": "text", "text": "API Error: 429 synthetic rate limit"}
        message: Json = {
            "id": f"err_syn_{step.name}",
            "model": "<synthetic>",
            "role": "assistant",
            "type": "message",
            "stop_reason": "stop_sequence",
            "content": [text],
        }
        failed = {"error": "rate_limit", "apiErrorStatus": 429, "isApiErrorMessage": True}
        self._line("assistant", step.start_ms + 90, {"message": message, **failed})

    def _answer(self, random: Random, step: Step, *, calls_tool: bool) -> None:
        blocks = self._blocks(random, step, calls_tool=calls_tool)
        for index, block in enumerate(blocks):
            last = index == len(blocks) - 1
            old = self._session.name == OLD_CLIENT_SESSION
            message: Json = {
                "model": step.model,
                "id": f"msg_syn_{step.name}",
                "type": "message",
                "role": "assistant",
                "content": [block],
                "stop_reason": _stop(calls_tool=calls_tool) if last or not old else None,
                "stop_sequence": None,
                "usage": _usage(step, final=last or not old),
            }
            time_ms = step.end_ms - (len(blocks) - 1 - index) * 30
            rest: Json = {"message": message, "requestId": f"req_syn_{step.name}"}
            line = self._line("assistant", time_ms, rest)
            if block["type"] == "tool_use":
                self._tool = _Tool(str(block["id"]), line)

    def _blocks(self, random: Random, step: Step, *, calls_tool: bool) -> list[Json]:
        blocks: list[Json] = []
        if random.random() < _THINKING:
            blocks.append({"type": "thinking", "thinking": "", "signature": "synthetic"})
        if not calls_tool or random.random() < _TALKING:
            text = self._writer.text(random, 30 + int(random.random() * 150))
            blocks.append({"type": "text", "text": text})
        if calls_tool:
            tool = _TOOLS[int(random.random() * len(_TOOLS))]
            argument = {"target": f"synthetic/{self._writer.text(random, 18)}"}
            identity = f"toolu_syn_{step.name}"
            blocks.append({"type": "tool_use", "id": identity, "name": tool, "input": argument})
        return blocks


def _stop(*, calls_tool: bool) -> str:
    return "tool_use" if calls_tool else "end_turn"


def _usage(step: Step, *, final: bool) -> Json:
    billed = step.billed
    counts: Json = {
        "input_tokens": billed.uncached,
        "cache_creation_input_tokens": billed.write_5m + billed.write_1h,
        "cache_read_input_tokens": billed.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": billed.write_5m,
            "ephemeral_1h_input_tokens": billed.write_1h,
        },
        "output_tokens": step.output if final else 1,
    }
    served: Json = {"service_tier": "standard", "inference_geo": "not_available"}
    if not final:
        return {**counts, **served}
    return {
        **counts,
        **served,
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
        "iterations": [{**counts, "type": "message"}],
        "speed": "standard",
    }


def _before(session: Session, step: Step) -> int:
    index = session.steps.index(step)
    return session.steps[index - 1].prompt_tokens
