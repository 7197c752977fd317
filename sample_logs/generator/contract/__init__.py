"""The sample of a contract: an invented client, its baseline weeks and two months of levers."""

from generator.contract.sample import files

__all__ = ["files"]
