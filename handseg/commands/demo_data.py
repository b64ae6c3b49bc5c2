"""`handseg demo-data`: synthetic hands in the competition's layout."""

from handseg.dataset.phantom.writer import write_dataset
from handseg.storage.location import Location


def demo_data(
    out: Location,
    *,
    people: int = 16,
    test_people: int = 0,
    size: int = 2048,
    seed: int = 0,
    wrong_labels: int = 0,
) -> int:
    """Draw synthetic hands: for tests and the demo, never to be mixed into real training unasked.

    Args:
        out: local folder to make; left as it is where it was made with the same settings.
        people: people in the train part, two images each.
        test_people: people in the test part, two images each; their truth is written too.
        size: height and width of the images, in pixels.
        seed: the same seed draws the same people.
        wrong_labels: training annotations to spoil as annotators do (mirrored hands, Pisiform over
            Ulna, Trapezium and Trapezoid exchanged), for `handseg eda` to find; demo.json names
            them.

    Returns:
        0.

    Raises:
        BadInput: `out` is remote or holds something else, or a number is out of range.
    """
    write_dataset(
        out.path,
        people=people,
        test_people=test_people,
        size=size,
        seed=seed,
        wrong_labels=wrong_labels,
    )
    return 0
