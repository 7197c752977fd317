"""Names that gateways give to models and providers, in the words of the rest of the program."""

import re

_DECORATIONS = re.compile(r"(?:.*/)?(?:databricks-)?(?P<name>.+)", re.DOTALL)
"""`anthropic/`, `bedrock/`, `vertex_ai/`, `openrouter/anthropic/` and Databricks' own prefix."""
_VERSION_FIRST = re.compile(
    r"claude-(?P<version>[4-9](?:-\d{1,2})?)-(?P<family>[a-z]+)(?P<rest>(?:-20\d{6})?)"
)
"""OpenRouter's permanent names put the version first; the API does so up to 3.7 alone."""
_PLATFORMS = (
    ("bedrock", "bedrock"),
    ("aws", "bedrock"),
    ("vertex", "vertex"),
    ("google", "vertex"),
    ("azure", "foundry"),
    ("foundry", "foundry"),
    ("anthropic", "claude_api"),
)


def model_name(written: str) -> str:
    """Give a model's name without a gateway's decorations; an ARN stays as it is."""
    if written.startswith("arn:"):
        return written
    match = _DECORATIONS.fullmatch(written)
    name = match["name"] if match else written
    if not name.startswith("claude-"):
        return name
    name = re.sub(r"(?<=\d)\.(?=\d)", "-", name)
    turned = _VERSION_FIRST.fullmatch(name)
    if turned is None:
        return name
    return f"claude-{turned['family']}-{turned['version']}{turned['rest']}"


def platform_named(provider: str | None) -> str | None:
    """Give the platform that a provider's name means; None when it means none that is known."""
    word = (provider or "").lower()
    return next((platform for sign, platform in _PLATFORMS if sign in word), None)


def is_claude(model: str, provider: str | None) -> bool:
    """Tell Anthropic's models from others by name, or by who served them."""
    served = (provider or "").lower()
    return "claude" in model.lower() or "anthropic" in model.lower() or served == "anthropic"
