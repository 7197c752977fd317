"""What the billing tests share: the price book and random logs."""

import pytest
from hypothesis import strategies as st

from analyzer.prices import Book
from analyzer.trace import Call
from tests.replay import random_logs


@pytest.fixture(scope="session")
def book() -> Book:
    return Book.load()


@pytest.fixture(scope="session")
def logs() -> st.SearchStrategy[list[Call]]:
    return random_logs.logs()
