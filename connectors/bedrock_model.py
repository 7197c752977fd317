"""What a Bedrock `modelId` names: Claude, a profile that hides its model, or another vendor.

The id also names the endpoint, which decides the price: `global.` costs the list price, a profile
of some regions and a bare id (answered in its own region) the regional one. A bare id is told so
by the invocation log alone, which holds calls to the `bedrock-runtime` endpoint and no others
(docs.aws.amazon.com, "Monitor model invocation"); AWS's price list bills it at regional rates
(github BerriAI/litellm issue 42679). What an application's own profile leads to is not told.
"""

import re
from typing import NamedTuple

PLAIN = ("inference-profile", "foundation-model")
"""Kinds of resource whose id is the model's own."""
HIDDEN = ("application-inference-profile", "prompt-router", "default-prompt-router", "prompt")
"""Kinds of resource that stand for a model which is paid by the token."""
_PLACE = re.compile(r"(?:(?:us|eu|apac|jp|au|in|(?P<world>global))\.)?anthropic\.")
_GOVERNMENT = "us-gov-"
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


def place(model_id: str, region: str | None = None) -> str | None:
    """Give `global` or `regional` for the endpoint that an id names; None where it names none.

    `region` is where the call was asked. GovCloud has prices of its own, which sources do not agree
    on: it is named, so that no price of another endpoint stands for it.
    """
    if (region or "").startswith(_GOVERNMENT):
        return "us-gov"
    found = _PLACE.match(named(model_id).name)
    if found is None:
        return None
    return "global" if found["world"] else "regional"


def served(answered: str) -> str:
    """Give a model that an answer names as Bedrock would; its endpoint is not known."""
    return answered if "anthropic." in answered else f"anthropic.{answered}"
