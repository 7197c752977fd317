"""What a Bedrock `modelId` names: Claude, a profile that hides its model, or another vendor."""

import re
from typing import NamedTuple

PLAIN = ("inference-profile", "foundation-model")
"""Kinds of resource whose id is the model's own."""
HIDDEN = ("application-inference-profile", "prompt-router", "default-prompt-router", "prompt")
"""Kinds of resource that stand for a model which is paid by the token."""
_OTHER_VENDOR = re.compile(r"(?!.*(?:anthropic|claude))[a-z0-9-]+\.[a-z0-9.:_-]+")


class Named(NamedTuple):
    """A `modelId`, read."""

    name: str
    """The model's id with its prefix of regions, or kind and id of what stands for it."""
    hidden: bool
    """The model may stand in the answer."""
    other_vendor: bool


def named(model_id: str) -> Named:
    """Read a bare id, an id with a profile's prefix, or an ARN.

    Provisioned and custom models keep the name of their resource: they are paid by the hour, so no
    price of a token fits them.
    """
    resource = model_id.split(":", 5)[5] if model_id.count(":") > _ARN_COLONS else model_id
    kind, slash, identity = resource.partition("/")
    if slash and kind not in PLAIN:
        return Named(resource, kind in HIDDEN, kind == "imported-model")
    name = identity if slash else resource
    return Named(name, hidden=False, other_vendor=bool(_OTHER_VENDOR.fullmatch(name)))


_ARN_COLONS = 4


def served(answered: str) -> str:
    """Give a model that an answer names as Bedrock would; its endpoint is not known."""
    return answered if "anthropic." in answered else f"anthropic.{answered}"
