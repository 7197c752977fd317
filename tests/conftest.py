"""What holds for every test: how fast a machine is decides none."""

from hypothesis import settings

settings.register_profile("rebill", deadline=None)
settings.load_profile("rebill")
