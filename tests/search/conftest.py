"""What the search tests share: random logs."""

import pytest
from hypothesis import strategies as st

from analyzer.policy import Policy
from analyzer.trace import Call
from tests.replay import random_logs


@pytest.fixture(scope="session")
def logs() -> st.SearchStrategy[list[Call]]:
    return random_logs.logs()


@pytest.fixture(scope="session")
def policies() -> st.SearchStrategy[Policy]:
    return random_logs.policies()
