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
