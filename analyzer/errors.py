"""The errors a user can act on: each says what, where, and what to do."""


class RebillError(Exception):
    """Input or data at fault; the command line prints it as one line and exits 1."""


class InputError(RebillError):
    """A log, a folder or a pattern that cannot be read as traffic."""


class PolicyError(RebillError):
    """A policy file whose key or value is not allowed."""


class StoreError(RebillError):
    """A store that is busy, newer than this program, or cannot be written."""


class PriceError(RebillError):
    """A price that the book does not hold and that nobody may guess."""


class SpeculativeError(RebillError):
    """Weights, prompts, evidence or a device that the speculative proof cannot go on with."""


class ContractError(RebillError):
    """An offer, a baseline, a register or fee terms that contradict themselves or their data."""
