"""The parts of an evidence run, in the order in which they are made."""

from analyzer.speculative.run import Stage
from analyzer.speculative.stages import (
    ceilings,
    head,
    identity,
    library,
    pass_times,
    recordings,
    speeds,
)

STAGES = (
    Stage("ceilings", ceilings.rows),
    Stage("identity", identity.greedy),
    Stage("sampled", identity.sampled),
    Stage("recordings", recordings.rows),
    Stage("second_model", recordings.second_model, recordings.no_second_model),
    Stage("pass_times", pass_times.real),
    Stage("speeds", speeds.rows),
    Stage("library", library.rows, library.missing),
    Stage("shapes", pass_times.shapes, pass_times.missing_shapes),
    Stage("head_training", head.training, head.missing),
    Stage("head", head.rows, head.missing),
)
"""Identity comes before speed: a run that is cut short has proven something."""
