"""The 29 bones of the hand in the data set's one official order, and what is known of each."""

NAMES: tuple[str, ...] = (
    *(f"finger-{number}" for number in range(1, 20)),
    "Trapezium",
    "Trapezoid",
    "Capitate",
    "Hamate",
    "Scaphoid",
    "Lunate",
    "Triquetrum",
    "Pisiform",
    "Radius",
    "Ulna",
)
"""Class names; a class's id is its index here. The same for left and right hands."""

COUNT = len(NAMES)
CLASS_ID: dict[str, int] = {name: class_id for class_id, name in enumerate(NAMES)}

FINGERS: dict[str, tuple[int, ...]] = {
    "thumb": (0, 1, 2),
    "index": (3, 4, 5, 6),
    "middle": (7, 8, 9, 10),
    "ring": (11, 12, 13, 14),
    "little": (15, 16, 17, 18),
}
"""Class ids of each finger, from its tip to its metacarpal."""

CARPALS: tuple[int, ...] = tuple(range(19, 27))
FOREARM: tuple[int, ...] = (27, 28)

OVERLAPPING: tuple[tuple[int, int], ...] = ((25, 26), (19, 20))
"""Pairs whose projections overlap most: Triquetrum-Pisiform, Trapezium-Trapezoid."""

COLOURS: tuple[str, ...] = (
    "#cbbf00", "#8f8700", "#e9dd38",  # thumb
    "#1f81c2", "#60b9fe", "#006ead", "#8dcbff",  # index
    "#ffb3db", "#ab5b89", "#f19bca", "#984a77",  # middle
    "#b97f02", "#ffcf86", "#8c5f00", "#f3ab23",  # ring
    "#7af3c3", "#008661", "#5ad5a6", "#009b70",  # little
    "#c35500", "#ffc260", "#dc6410", "#addfff",  # Trapezium to Hamate
    "#3596ca", "#fe9f6e", "#a84800", "#d19000",  # Scaphoid to Pisiform
    "#736c00", "#4aa9dd",  # Radius, Ulna
)  # fmt: skip
"""A colour for each bone, safe for the colour-blind.

Principle: hues of Okabe and Ito (2008), one per finger, in changing lightness along it; the other
bones take hue and lightness so that bones that meet, and those of fingers that are confused (index
and ring), are at least 13 hundredths apart in OKLab to normal sight and to full protanopia,
deuteranopia and tritanopia as Machado et al. (2009) simulate them. Bright enough for black ground.
"""

SHORT: tuple[str, ...] = (
    *(str(number) for number in range(1, 20)),
    *("Tm", "Td", "Ca", "Ha", "Sc", "Lu", "Tq", "Pi", "Ra", "Ul"),
)
"""At most two letters for each bone, to label it in a picture."""
