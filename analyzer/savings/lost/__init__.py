"""Lost cache money: what was paid for prompt text that an earlier call had sent, and why."""

from analyzer.savings.lost.money import lost_cache

__all__ = ["lost_cache"]
