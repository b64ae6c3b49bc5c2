"""The bones in the data set's one official order, and what is known of each.

They are the 29 of the hand, unless HANDSEG_BONES names a YAML file with others (`bone_list`). What
is known of hands alone (fingers, carpals, forearm) is then empty, and what rests on it says
nothing. The file is read when this module is first imported: the list is a constant of the process.
"""

from handseg import bone_list
from handseg.bone_list import BoneList

_HAND_NAMES = (
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

_HAND_FINGERS: dict[str, tuple[int, ...]] = {
    "thumb": (0, 1, 2),
    "index": (3, 4, 5, 6),
    "middle": (7, 8, 9, 10),
    "ring": (11, 12, 13, 14),
    "little": (15, 16, 17, 18),
}
_HAND_CARPALS, _HAND_FOREARM = tuple(range(19, 27)), (27, 28)
_HAND_OVERLAPPING = ((25, 26), (19, 20))
"""Triquetrum-Pisiform, Trapezium-Trapezoid."""

_COLOURS = (
    "#cbbf00", "#8f8700", "#e9dd38",  # thumb
    "#1f81c2", "#60b9fe", "#006ead", "#8dcbff",  # index
    "#ffb3db", "#ab5b89", "#f19bca", "#984a77",  # middle
    "#b97f02", "#ffcf86", "#8c5f00", "#f3ab23",  # ring
    "#7af3c3", "#008661", "#5ad5a6", "#009b70",  # little
    "#c35500", "#ffc260", "#dc6410", "#addfff",  # Trapezium to Hamate
    "#3596ca", "#fe9f6e", "#a84800", "#d19000",  # Scaphoid to Pisiform
    "#736c00", "#4aa9dd",  # Radius, Ulna
)  # fmt: skip
"""A colour for each bone of the hand, safe for the colour-blind; other lists take them in turn.

Principle: hues of Okabe and Ito (2008), one per finger, in changing lightness along it; the other
bones take hue and lightness so that bones that meet, and those of fingers that are confused (index
and ring), are at least 13 hundredths apart in OKLab to normal sight and to full protanopia,
deuteranopia and tritanopia as Machado et al. (2009) simulate them. Bright enough for black ground.
"""

_HAND_SHORT = (
    *(str(number) for number in range(1, 20)),
    *("Tm", "Td", "Ca", "Ha", "Sc", "Lu", "Tq", "Pi", "Ra", "Ul"),
)

_HAND = BoneList(
    names=_HAND_NAMES,
    short=_HAND_SHORT,
    groups={**_HAND_FINGERS, "carpals": _HAND_CARPALS, "forearm": _HAND_FOREARM},
    overlapping=_HAND_OVERLAPPING,
)
_CHOSEN = bone_list.chosen() or _HAND

IS_HAND = _CHOSEN is _HAND
"""Whether the bones are those of the hand, so that what is known of hands holds."""
NAMES: tuple[str, ...] = _CHOSEN.names
"""Class names; a class's id is its index here. The same for left and right."""
COUNT = len(NAMES)
CLASS_ID: dict[str, int] = {name: class_id for class_id, name in enumerate(NAMES)}
GROUPS: dict[str, tuple[int, ...]] = _CHOSEN.groups
"""Class ids that are shown together, by the group's name."""
OVERLAPPING: tuple[tuple[int, int], ...] = _CHOSEN.overlapping
"""Pairs whose projections overlap most."""
COLOURS: tuple[str, ...] = tuple(_COLOURS[i % len(_COLOURS)] for i in range(COUNT))
SHORT: tuple[str, ...] = _CHOSEN.short
"""At most two letters for each bone, to label it in a picture."""

FINGERS: dict[str, tuple[int, ...]] = _HAND_FINGERS if IS_HAND else {}
"""Class ids of each finger, from its tip to its metacarpal."""
CARPALS: tuple[int, ...] = _HAND_CARPALS if IS_HAND else ()
FOREARM: tuple[int, ...] = _HAND_FOREARM if IS_HAND else ()
