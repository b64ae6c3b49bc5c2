"""The two images that a pipeline's tasks run in."""

from dataclasses import dataclass

from components.images import CPU_IMAGE, GPU_IMAGE


@dataclass(frozen=True, kw_only=True)
class Images:
    """The two images that the tasks run in."""

    cpu: str = CPU_IMAGE
    gpu: str = GPU_IMAGE

    @property
    def both(self) -> tuple[str, str]:
        """One after the other."""
        return self.cpu, self.gpu

    @property
    def are_pinned(self) -> bool:
        """Whether both are named by digest."""
        return all("@sha256:" in image for image in (self.cpu, self.gpu))
