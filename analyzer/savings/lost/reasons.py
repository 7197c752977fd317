"""Why a prompt prefix was paid for again: the reasons, their order, and what to do about each."""

from enum import IntEnum


class Reason(IntEnum):
    """One reason for each token that was paid for again; 0 stands for none."""

    NONE = 0
    EXPIRED_WITHIN_HOUR = 1
    EXPIRED_AFTER_HOUR = 2
    BELOW_MINIMUM = 3
    UNMARKED = 4
    LOOKBACK = 5
    CONCURRENT = 6
    MODEL = 7
    SPEED = 8
    SYSTEM_PARAMETERS = 9
    MESSAGE_PARAMETERS = 10
    TOOLS = 11
    SYSTEM = 12
    MESSAGES = 13
    COMPACTION = 14
    UNLOGGED = 15


WORDS = {
    Reason.EXPIRED_WITHIN_HOUR: "expired, idle under an hour",
    Reason.EXPIRED_AFTER_HOUR: "expired, idle over an hour",
    Reason.BELOW_MINIMUM: "below the model's minimum",
    Reason.UNMARKED: "no mark reaches it",
    Reason.LOOKBACK: "beyond the lookback",
    Reason.CONCURRENT: "concurrent cold start",
    Reason.MODEL: "model switched",
    Reason.SPEED: "speed switched",
    Reason.SYSTEM_PARAMETERS: "system parameters changed",
    Reason.MESSAGE_PARAMETERS: "message parameters changed",
    Reason.TOOLS: "tools changed",
    Reason.SYSTEM: "system prompt changed",
    Reason.MESSAGES: "messages changed",
    Reason.COMPACTION: "compaction",
    Reason.UNLOGGED: "unlogged",
}

ADVICE = {
    Reason.EXPIRED_WITHIN_HOUR: "Set ttl: 1h on the marks, or send a keep-alive within five "
    "minutes; replay both before choosing, since a one-hour write costs more.",
    Reason.EXPIRED_AFTER_HOUR: "No life on sale holds this long. Keep what comes back after a "
    "break short: compact before the break, not after it.",
    Reason.BELOW_MINIMUM: "The marked prefix is too short to be cached: put more of what stays "
    "the same in front of the mark, or take the mark away.",
    Reason.UNMARKED: "Put cache_control on the last block that stays the same (or once at the "
    "top of the request); the first call then pays a write.",
    Reason.LOOKBACK: "More than 20 blocks stand between the marks of two calls: add a second "
    "mark about every 15 blocks.",
    Reason.CONCURRENT: "Send one request first and start the others when its answer begins.",
    Reason.MODEL: "Keep one model for one conversation; hand a summary over, not the history.",
    Reason.SPEED: "Fast and standard share no entry: keep one speed for one conversation.",
    Reason.SYSTEM_PARAMETERS: "Keep web search and citations as they are inside a conversation.",
    Reason.MESSAGE_PARAMETERS: "Keep tool_choice, thinking, effort and images as they are inside "
    "a conversation.",
    Reason.TOOLS: "Send the same tools in the same order with each call; add rarely used ones "
    "behind a search tool.",
    Reason.SYSTEM: "Take dates, names and counters out of the system prompt: put them into the "
    "last message.",
    Reason.MESSAGES: "Append to the history; do not rewrite, trim or reorder earlier messages.",
    Reason.COMPACTION: "The price of starting anew after compaction; compact when the entry is "
    "about to expire anyway.",
    Reason.UNLOGGED: "The log shows no cause: send diagnostics.previous_message_id, or log whole "
    "request bodies, and the next report can tell.",
}

TOLD = {
    "model_changed": Reason.MODEL,
    "system_changed": Reason.SYSTEM,
    "tools_changed": Reason.TOOLS,
    "messages_changed": Reason.MESSAGES,
}
"""The vendor's words that name a cause (`anthropic.types.CacheMissReason`)."""

ALIKE = {
    "model_changed": frozenset({Reason.MODEL, Reason.SPEED}),
    "system_changed": frozenset({Reason.SYSTEM}),
    "tools_changed": frozenset({Reason.TOOLS}),
    "messages_changed": frozenset({Reason.MESSAGES, Reason.COMPACTION}),
    "unavailable": frozenset({Reason.SYSTEM_PARAMETERS, Reason.MESSAGE_PARAMETERS}),
}
"""Our reasons that say what the vendor's word says; `unavailable` covers changed parameters."""
