"""What a model makes of the thinking in earlier answers, and of an effort like its default."""

import re

THINKING = ("thinking", "redacted_thinking")  # a tuple: a hostile type may not be hashable
_STRIPS = re.compile(r"claude-(2|3|instant)|opus-4(?![-.]?[5-9])|sonnet-4(?![-.]?[6-9])|haiku-4")
_MEDIUM = re.compile(r"(opus|haiku)-5[-.]5")


def strips_thinking(model: str | None) -> bool:
    """Tell whether a model drops the thinking of earlier turns from its prompt.

    Opus before 4.5, Sonnet before 4.6 and Haiku up to 4.5 do; an unknown model keeps it (vendor's
    prompt-caching page). A turn begins with a person's message; tool results carry one on.
    """
    return model is not None and _STRIPS.search(model) is not None


def effort_of(effort: object, model: str | None) -> object:
    """Give the effort a request asks for, None where it names the model's default.

    Naming the default changes no cache (vendor's prompt-caching page): medium on Opus 5.5 and
    Haiku 5.5, high on the others.
    """
    default = "medium" if model and _MEDIUM.search(model) else "high"
    return None if effort == default else effort
