"""What the search tests share: random logs and random policies, as in the replay's laws."""

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
    return random_logs.logs()


@pytest.fixture(scope="session")
def policies() -> st.SearchStrategy[Policy]:
    return random_logs.policies()
