"""An address that cannot be taken apart tells nothing, and costs no call."""

import pytest

from connectors.endpoints import bills_tokens, model_in, platform_of


@pytest.mark.parametrize(
    "url", ["https://[::1/v1/messages", "http://a]b/", "//[", "https://[x]:y/"]
)
def test_a_broken_address_is_as_good_as_none(url: str) -> None:
    # found by the contract's damage test on `api_base` of LiteLLM's rows: one `[` too many, and
    # the whole file could not be read
    assert platform_of(url, "msg_bdrk_1") == "bedrock"
    assert platform_of(url, None) is None
    assert (bills_tokens(url), model_in(url)) == (bills_tokens(None), None)
