"""Python and the packages, against what the installed handseg asks for."""

import platform
from collections.abc import Iterator, Sequence

from packaging.specifiers import SpecifierSet

from handseg.doctor import requirements
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, failed, not_asked, ok, short_of
from handseg.doctor.requirements import BASE, Lack

_PURPOSES = {
    "train": "train, infer, experiment and tune need it",
    "fast": "only backend onnxruntime and `handseg export` need it",
    "medical": "only `handseg import-dicom` and masks as NIfTI need it",
    "tensorboard": "only trainings with HANDSEG_TENSORBOARD need it",
    "mlflow": "only trainings with HANDSEG_MLFLOW need it",
    "view": "only `handseg view` needs it",
    "pipeline": "only `python -m pipeline`, which sends a run to Kubeflow, needs it",
}
"""Of every extra but that of handseg's own tests."""


def look(asked: Asked) -> Iterator[Check]:
    """Look at what is installed, without importing it."""
    yield _python()
    lacking = requirements.lacks(BASE)
    if lacking:
        yield failed("packages", _told(lacking), _install(lacking))
    else:
        version = requirements.installed(requirements.PACKAGE)
        yield ok("packages", f"handseg {version}, and the {len(requirements.of(BASE))} it asks for")
    needed = {
        "train": asked.preset is not None,
        "fast": asked.preset is not None and asked.preset.infer.backend == "onnxruntime",
        "pipeline": bool(asked.kfp),
    }
    for extra, purpose in _PURPOSES.items():
        yield _of_extra(extra, purpose, is_needed=needed.get(extra, False))


def _python() -> Check:
    wanted, found = requirements.python(), platform.python_version()
    if SpecifierSet(wanted).contains(found, prereleases=True):
        return ok("python", found)
    return failed("python", f"{found}, not {wanted}", f"run handseg by Python {wanted}")


def _of_extra(extra: str, purpose: str, *, is_needed: bool) -> Check:
    name, lacking = f"packages[{extra}]", requirements.lacks(extra)
    if not requirements.of(extra):
        return not_asked(
            name, "handseg was installed before it had this", f"install it again; {purpose}"
        )
    if not lacking:
        versions = (f"{w.name} {requirements.installed(w.name)}" for w in requirements.of(extra))
        return ok(name, ", ".join(versions))
    others = [lack for lack in lacking if lack.found is not None]
    if is_needed or others:
        remedy = f"{_install(lacking)}; {purpose}"
        return short_of(name, _told(lacking), remedy, is_needed=is_needed)
    return not_asked(name, _told(lacking), f"pip install 'handseg[{extra}]'; {purpose}")


def _told(lacking: Sequence[Lack]) -> str:
    return ", ".join(map(str, lacking))


def _install(lacking: Sequence[Lack]) -> str:
    return "pip install " + " ".join(
        f"'{lack.wanted.name}{lack.wanted.specifier}'" for lack in lacking
    )
