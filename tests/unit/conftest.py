"""Hypothesis without a time limit for an example: a busy machine is no fault of the code."""

from hypothesis import settings

settings.register_profile("handseg", deadline=None)
settings.load_profile("handseg")
