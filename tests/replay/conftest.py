"""What the replay tests share: random logs and random policies."""

import pytest
from hypothesis import strategies as st

from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.trace import Call
from tests.replay import random_logs


@pytest.fixture(scope="session")
def book() -> Book:
    return Book.load()


@pytest.fixture(scope="session")
def logs() -> st.SearchStrategy[list[Call]]:
    """Logs of chats, single shots, transcripts, batch rows and usage-only rows."""
    return random_logs.logs()


@pytest.fixture(scope="session")
def policies() -> st.SearchStrategy[Policy]:
    """Policies with every lever, shares, caps and seeds."""
    return random_logs.policies()
