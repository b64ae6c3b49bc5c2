"""The images that the components run in, where the caller names no other."""

from importlib.metadata import version

CPU_IMAGE = f"handseg-cpu:{version('handseg')}"
"""split, preprocess and ensemble: no torch."""
GPU_IMAGE = f"handseg-gpu:{version('handseg')}"
"""train and infer."""
