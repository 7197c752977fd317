"""What tests everywhere share: the folder of real logs, which this project does not hold."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# how fast a machine is decides no test
settings.register_profile("short", deadline=None, max_examples=30)
settings.register_profile("long", deadline=None, max_examples=120)
settings.load_profile("long" if os.environ.get("REBILL_LONG") else "short")


@pytest.fixture(scope="session")
def reference_data() -> Path:
    folder = os.environ.get("REBILL_REFERENCE_DATA")
    if not folder:
        pytest.skip("REBILL_REFERENCE_DATA names no folder of reference logs")
    return Path(folder)
