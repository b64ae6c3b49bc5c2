"""Bytes as a person reads them."""


def text(count: float) -> str:
    """4.2 GB, 67 MB or 12 kB."""
    for unit, name, form in ((1e9, "GB", ".1f"), (1e6, "MB", ".0f")):
        if count >= unit:
            return f"{count / unit:{form}} {name}"
    return f"{count / 1e3:.0f} kB"
