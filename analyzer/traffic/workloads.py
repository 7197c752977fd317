"""Which workload each call belongs to: a policy rule, else the log's tag, else its call site.

Workloads are numbered W01.. by billed dollars, then by first request, so that no name depends on
a hash or on file order. A workload with a name of its own is shown by it, and its number still
finds it.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from analyzer.policy import Policy
from analyzer.results import LEVERS

_NUMBER = re.compile(r"W\d+")
_FACTS = ("app", "model", "key", "workspace", "session", "visibility", "tier")


@dataclass(frozen=True, slots=True)
class Workload:
    """A group of calls that one team could change together."""

    name: str
    """Its own name, else its number."""
    number: str
    """W01.. by dollars."""
    label: str
    """How it was recognised and what runs there."""
    requests: int
    visibility: str


def assign(
    calls: pl.DataFrame, policy: Policy, pico: pl.Series
) -> tuple[pl.DataFrame, tuple[Workload, ...]]:
    """Add the `workload` column; `pico` is the billed cost of each call, null where unpriced."""
    named = groups(calls, policy)
    frame = calls.with_columns(group=named, pico=pico.cast(pl.Int128).fill_null(0))
    summed = (
        frame.group_by("group", maintain_order=True)
        .agg(
            pl.col("pico").sum(),
            pl.col("request").min().alias("first"),
            pl.len().alias("requests"),
            *(
                pl.col(name).mode().sort().first()
                for name in ("name", "app", "api_key", "visibility")
            ),
            pl.col("agent").is_not_null().any().alias("agents"),
        )
        .sort(["pico", "first"], descending=[True, False])
    )
    rows = list(summed.with_row_index("rank", offset=1).iter_rows(named=True))
    workloads = tuple(_workload(row) for row in rows)
    names = {row["group"]: w.name for row, w in zip(rows, workloads, strict=True)}
    column = pl.col("group").replace_strict(names, return_dtype=pl.Utf8)
    return frame.with_columns(workload=column).drop("group", "pico"), workloads


def resolve(policy: Policy, workloads: tuple[Workload, ...]) -> Policy:
    """Let rules that say W03 find the third workload by its own name."""
    names = {w.number: w.name for w in workloads}
    own = {w.name for w in workloads}

    def renamed(rules: Any) -> Any:
        return tuple(
            rule
            if rule.workload in own
            else replace(rule, workload=names.get(rule.workload, rule.workload))
            for rule in rules
        )

    return replace(
        policy,
        output=renamed(policy.output),
        routing=renamed(policy.routing),
        batch=renamed(policy.batch),
        caching=renamed(policy.caching),
        serving=renamed(policy.serving),
        leave=renamed(policy.leave),
    )


def unmatched(policy: Policy, workloads: tuple[Workload, ...]) -> list[str]:
    """Names that rules use and no workload has."""
    own = {w.name for w in workloads} | {w.number for w in workloads} | {"*"}
    named = {rule.workload for lever in LEVERS for rule in policy.of(lever)}
    others = {rule.workload for rule in policy.serving} | {rule.workload for rule in policy.leave}
    return sorted((named | others) - own)


def groups(calls: pl.DataFrame, policy: Policy) -> pl.Series:
    """Give each call's group: a rule's name, the log's own name, or a made-up key."""
    site = pl.when((pl.col("visibility") == "full") & (pl.col("system_end") >= 0)).then(
        pl.format("site:{}", "system_end")
    )
    agent = pl.when(pl.col("agent").is_not_null()).then(pl.lit("agent")).otherwise(pl.lit("main"))
    key = pl.coalesce(
        pl.when(pl.col("named").is_not_null()).then(pl.format("name:{}", "named")),
        site,
        pl.when(pl.col("app").is_not_null()).then(pl.format("app:{}:{}", "app", agent)),
        pl.when(pl.col("api_key").is_not_null()).then(pl.format("key:{}", "api_key")),
        pl.format("model:{}", "name"),
    )
    group = calls.select(key.alias("group")).to_series()
    if not policy.workloads:
        return group
    return _ruled(calls, policy, group)


def _ruled(calls: pl.DataFrame, policy: Policy, group: pl.Series) -> pl.Series:
    """Apply the naming rules to each distinct combination of the facts they look at."""
    facts = calls.select(
        "app", "workspace", "session", "visibility", "tier", "tags",
        key="api_key", model="name", agent=pl.col("agent").is_not_null(),
    )  # fmt: skip
    distinct = facts.unique(maintain_order=True)
    found = []
    for row in distinct.iter_rows(named=True):
        tags = {str(k): str(v) for k, v in json.loads(row["tags"]).items()}
        seen = {name: row[name] for name in _FACTS}
        rule = next(
            (r for r in policy.workloads if r.match.accepts(seen, agent=row["agent"], tags=tags)),
            None,
        )
        found.append(None if rule is None else f"name:{rule.name}")
    table = distinct.with_columns(ruled=pl.Series(found, dtype=pl.Utf8))
    joined = facts.join(
        table, on=facts.columns, how="left", nulls_equal=True, maintain_order="left"
    )
    return joined.select(pl.coalesce("ruled", group.alias("group")).alias("group")).to_series()


def _workload(row: dict[str, Any]) -> Workload:
    number = f"W{row['rank']:02d}"
    kind, _, rest = row["group"].partition(":")
    place = {
        "name": "named by the policy or the log",
        "site": "one call site: same tools and system prompt",
        "app": "subagents" if rest.endswith(":agent") else "main conversations",
        "key": f"API key {row['api_key']}",
        "model": "no tag, call site, app or key in the log",
    }[kind]
    app = f"{row['app']}, " if row["app"] and kind != "name" else ""
    own = f"{rest} (named)" if _NUMBER.fullmatch(rest) else rest
    return Workload(
        name=own if kind == "name" else number,
        number=number,
        label=f"{app}{place}; mostly {row['name']}",
        requests=row["requests"],
        visibility=row["visibility"],
    )
