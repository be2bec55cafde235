"""Settings that all tests of the core share."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)  # the first example pays for an import, and machines are busy
settings.load_profile("no deadline")
