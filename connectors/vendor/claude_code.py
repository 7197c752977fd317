"""Claude Code analytics: tokens by person, day and model, with costs that are the client's guess.

`GET /v1/organizations/usage_report/claude_code`. Its `estimated_cost` (cents) is an estimate and no
charge, so it is not taken: no row of this report ever stands for money. Its tokens are a part of
what the usage report tells, or of subscriptions, which are not billed by token (tier
`subscription`): they say who used how much, and add to no total. Writes are not split by life.
"""

from collections.abc import Iterator

from analyzer.prompts import Hasher
from analyzer.trace import Outcome, Reported, Tokens, UsageRow
from connectors.connector import Connector
from connectors.faults import LineError
from connectors.reading.files import LogFile
from connectors.vendor.pages import Reader, first_item, read_pages
from connectors.vendor.values import DAY_US, Part

_SUBSCRIPTION = "subscription"


def _detect(head: bytes) -> bool:
    return {"date", "actor", "model_breakdown"} <= set(first_item(head))


def _parse(log: LogFile, _hasher: Hasher) -> Iterator[Outcome]:
    return read_pages(log, _reader)


def _reader(items: list[Part]) -> Reader:
    if "model_breakdown" not in items[0].fields:
        raise LineError("another report", "not Claude Code analytics; keep it in its own file")
    return _people


def _people(number: int, items: list[Part]) -> Reported:
    rows = tuple(row for item in items for row in _usage_rows(item))
    return Reported(line=number, report="claude code analytics", usage=rows)


def _usage_rows(item: Part) -> Iterator[UsageRow]:
    # a date alone names the UTC day; a time names the moment the day begins
    start = item.time("date") // DAY_US * DAY_US
    actor = item.part("actor")
    subscribed = item.words("customer_type") == _SUBSCRIPTION
    for part in item.parts("model_breakdown"):
        tokens = part.part("tokens")
        yield UsageRow(
            start_us=start,
            end_us=start + DAY_US,
            model=part.words("model"),
            tier=_SUBSCRIPTION if subscribed else None,
            key=actor.words("api_key_name"),
            actor=actor.words("email_address") or actor.words("api_key_name"),
            tokens=Tokens(
                uncached=tokens.count("input"),
                read=tokens.count("cache_read"),
                write_unsplit=tokens.count("cache_creation"),
                output=tokens.count("output"),
            ),
        )


CONNECTOR = Connector(
    name="claude_code_analytics",
    title="Claude Code analytics",
    detect=_detect,
    parse=_parse,
    carries="tokens by person, day and model; its estimated costs are not taken",
    levers=(),
)
