"""What tests everywhere share: the folder of real logs, which this project does not hold."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("rebill", deadline=None)  # how fast a machine is decides no test
settings.load_profile("rebill")


@pytest.fixture(scope="session")
def reference_data() -> Path:
    folder = os.environ.get("REBILL_REFERENCE_DATA")
    if not folder:
        pytest.skip("REBILL_REFERENCE_DATA names no folder of reference logs")
    return Path(folder)
