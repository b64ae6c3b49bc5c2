"""The layer of every module, as CONTRIBUTING's table has it."""

LAYERS = {
    "handseg": 0,
    "handseg.errors": 0,
    "handseg.json_lines": 0,
    "handseg.plain_text": 0,
    "handseg.differences": 0,
    "handseg.settings": 0,
    "handseg.settings_bounds": 0,
    "handseg.settings_codec": 0,
    "handseg.settings_train": 0,
    "handseg.presets": 0,
    "handseg.bones": 1,
    "handseg.bone_list": 1,
    "handseg.masks": 1,
    "handseg.images": 1,
    "handseg.dataset": 1,
    "handseg.folds": 1,
    "handseg.models": 1,
    "handseg.progress": 1,
    "handseg.ahead": 1,
    "handseg.columns": 1,
    "handseg.row_file": 1,
    "handseg.durable": 1,
    "handseg.storage": 1,
    "handseg.provenance": 1,
    "handseg.program": 1,
    "handseg.peak_memory": 1,
    "handseg.summary": 1,
    "handseg.pseudonyms": 1,
    "handseg.training": 2,
    "handseg.inference": 2,
    "handseg.ensemble": 2,
    "handseg.report": 2,
    "handseg.findings": 2,
    "handseg.experiments": 2,
    "handseg.eda": 2,
    "handseg.viewer": 2,
    "handseg.interchange": 2,
    "handseg.tracking": 2,
    "handseg.stages": 3,
    "handseg.doctor": 3,
    "handseg.commands": 4,
    "handseg.flags": 4,
    "handseg.flag_words": 4,
    "handseg.terminal": 4,
    "handseg.cli": 4,
    "handseg.__main__": 4,
    "components": 5,
    "pipeline": 6,
}


def layer(name: str) -> int:
    parts = name.split(".")
    for length in (2, 1):
        key = ".".join(parts[:length])
        if key in LAYERS and (length == 2 or len(parts) == 1 or key != "handseg"):
            return LAYERS[key]
    raise KeyError(f"{name}: of no layer; add its package to LAYERS and to CONTRIBUTING's table")
