"""What of a store a contract covers: named workspaces, named workloads, or everything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from analyzer.errors import ContractError
from analyzer.reconciliation import Reports, Role
from analyzer.traffic import Usage

_SHOWN = 20
_NAMES: dict[Role, str] = {"usage": "usage report", "cost": "cost report", "invoice": "invoice"}


@dataclass(frozen=True, slots=True)
class Covered:
    """Names that a contract covers; empty for all there are."""

    workspaces: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()

    def of_workspaces(self, used: Usage) -> Usage:
        """Keep the calls of its workspaces; a call that tells none is in none."""
        return _kept(used, "workspace", self.workspaces)

    def of_workloads(self, used: Usage) -> Usage:
        """Keep the calls of its workloads."""
        return _kept(used, "workload", self.workloads)

    def reports(self, held: Reports) -> tuple[Reports, tuple[str, ...]]:
        """Keep the vendor's rows of its workspaces; also say which report does not tell them.

        No report tells workloads: the whole traffic of its workspaces is reconciled.
        """
        if not self.workspaces:
            return held, ()
        frames: dict[Role, pl.DataFrame] = {
            "usage": held.usage, "cost": held.cost, "invoice": held.invoice
        }  # fmt: skip
        silent = tuple(
            f"the {_NAMES[role]} tells no workspaces"
            for role, rows in frames.items()
            if len(rows) and rows["workspace"].null_count() == len(rows)
        )
        mine = pl.col("workspace").is_in(self.workspaces)
        usage, cost, invoice = (rows.filter(mine) for rows in frames.values())
        return replace(held, usage=usage, cost=cost, invoice=invoice), silent

    def require(self, used: Usage) -> None:
        """Refuse names that no call has.

        Raises:
            ContractError: a name that stands twice, or without a call.
        """
        for column, names in (("workspace", self.workspaces), ("workload", self.workloads)):
            known = set(map(str, used.calls[column].drop_nulls().unique().to_list()))
            if missing := [name for name in names if name not in known]:
                there = ", ".join(sorted(known)[:_SHOWN]) or "none"
                raise ContractError(
                    f"boundary: {column} {missing[0]!r} has no call in the period; the log has"
                    f" {there}"
                )
            if len(set(names)) != len(names):
                raise ContractError(f"boundary: a {column} stands twice, name each once")


EVERYTHING = Covered()
"""A boundary that names nothing."""


def _kept(used: Usage, column: str, names: Sequence[str]) -> Usage:
    if not names:
        return used
    calls = used.calls.filter(pl.col(column).is_in(names))
    return Usage(calls, used.extras.join(calls.select("request"), on="request", how="semi"))
