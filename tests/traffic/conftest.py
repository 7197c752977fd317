"""What the traffic tests share."""

import pytest

from analyzer.prices import Book


@pytest.fixture(scope="session")
def book() -> Book:
    return Book.load()
