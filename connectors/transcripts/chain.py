"""The conversation behind a transcript's lines, as chains that follow `parentUuid`.

A client writes one line for each block of an answer, and a tool's result as soon as it is there,
so the lines of two parallel tools interleave and their parents fork. The request that follows holds
all blocks of the answer and then all results: a `Turn` gathers them, and lays them down in that
order when the first line behind them asks for the chain.
"""

from analyzer.prompts import ChainBuilder, Hasher, turn_after
from analyzer.trace import Node

Block = dict[str, object]


class Turn:
    """An answer with the results of its tools, or a person's message."""

    __slots__ = (
        "answers",
        "asked",
        "leaf",
        "message",
        "position",
        "results",
        "run",
        "start_us",
        "turn",
    )

    def __init__(self, before: "Turn | None", message: str | None, start_us: int | None) -> None:
        self.asked: bytes | None = before.leaf if before else None
        """Leaf of the prompt that this turn answers."""
        self.turn = turn_after(before.run if before else None)
        """Who spoke last in that prompt."""
        self.leaf: bytes | None = self.asked
        self.position: int = before.position if before else 0
        self.run: str | None = before.run if before else None
        self.message = message
        self.start_us = start_us
        """Time of the line before the turn."""
        self.answers: list[list[Block]] = []
        self.results: list[list[Block]] = []


class Conversation:
    """All chains of one file."""

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self._turns: dict[str, tuple[Turn | None, int | None]] = {}
        self._answers: dict[str, Turn] = {}
        self._seen: set[bytes] = set()
        self._fresh: list[Node] = []

    def knows(self, uuid: str) -> bool:
        """Tell whether a line of that uuid has come."""
        return uuid in self._turns

    def take_nodes(self) -> tuple[Node, ...]:
        """Give the nodes laid down since the last asking, parents before children."""
        nodes, self._fresh = tuple(self._fresh), []
        return nodes

    def answer(
        self,
        message: str,
        uuid: str | None,
        parent: str | None,
        at_us: int | None,
        blocks: list[Block],
    ) -> Turn:
        """Add a line of an answer; the first line of a message opens its turn."""
        before, before_us = self._at(parent)
        turn = self._answers.get(message)
        repeated = uuid is not None and uuid in self._turns
        if turn is None or (before is not turn and not repeated and uuid is not None):
            turn = Turn(self._settled(before), message, before_us)
            self._answers[message] = turn
        if not repeated:
            turn.answers.append(blocks)
            self._remember(uuid, turn, at_us)
        return turn

    def said(
        self,
        uuid: str | None,
        parent: str | None,
        at_us: int | None,
        blocks: list[Block],
        *,
        root: bool,
    ) -> None:
        """Add a person's message or a tool's result; a `root` starts the conversation anew."""
        if uuid is not None and uuid in self._turns:
            return
        before, before_us = (None, None) if root else self._at(parent)
        results = bool(blocks) and all(block.get("type") == "tool_result" for block in blocks)
        if results and before is not None and before.message is not None:
            before.results.append(blocks)
            self._remember(uuid, before, at_us)
            return
        turn = Turn(self._settled(before), None, before_us)
        turn.results.append(blocks)
        self._remember(uuid, turn, at_us)

    def passed(self, uuid: str | None, parent: str | None, at_us: int | None) -> None:
        """Add a line that says nothing to the model; the chain runs through it."""
        if uuid is not None and uuid not in self._turns:
            self._remember(uuid, self._at(parent)[0], at_us)

    def settle_all(self) -> None:
        """Lay down what no line has asked for; the end of the file."""
        for turn in self._answers.values():
            self._settled(turn)

    def _at(self, uuid: str | None) -> tuple[Turn | None, int | None]:
        return self._turns.get(uuid, (None, None)) if uuid else (None, None)

    def _remember(self, uuid: str | None, turn: Turn | None, at_us: int | None) -> None:
        if uuid is not None:
            self._turns[uuid] = (turn, at_us)

    def _settled(self, turn: Turn | None) -> Turn | None:
        if turn is None or not (turn.answers or turn.results):
            return turn
        chain = ChainBuilder(self._hasher, turn.leaf, turn.position, turn.run)
        for blocks in turn.answers:
            chain.add_all("messages", "assistant", blocks, turn.message)
        for blocks in turn.results:
            chain.add_all("messages", "user", blocks)
        turn.leaf, turn.position, turn.run = chain.leaf, chain.position, chain.run
        turn.answers.clear()
        turn.results.clear()
        for node in chain.nodes:
            if node.node not in self._seen:
                self._seen.add(node.node)
                self._fresh.append(node)
        return turn
