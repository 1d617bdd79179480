"""Pictures of translations there and back."""

import numpy as np

from keras_gen.arguments import argument_error
from keras_gen.images import check_range
from keras_gen.plotting.images import image_rows

DIFFERENCE = 8  # times as bright as it is


def round_trips(trips, path=None, *, value_range, title=None):
    """Images of two domains, their translations, the way back, and what was lost on the way.

        difference = low + 8 |back - image|, black where nothing was lost, cut off at white

    Args:
        trips: dict from the names of the two domains to three arrays each, as for `montage`:
            images, their translations into the other domain, and the translations of those back.
        path: file to write.
        value_range: as for `montage`.
        title: text above all rows.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: for another number of domains or of arrays, and as `image_rows`.
    """
    low, high = check_range(value_range)
    if len(trips) != 2 or any(len(trip) != 3 for trip in trips.values()):
        expected = "two domains, each with images, translations and ways back"
        raise argument_error(
            "trips", expected, received=f"{ {n: len(t) for n, t in trips.items()} }"
        )
    rows = {}
    for (name, (images, there, back)), other in zip(trips.items(), reversed(trips)):
        images, there, back = (np.asarray(each, "float32") for each in (images, there, back))
        lost = np.minimum(low + DIFFERENCE * np.abs(back - images), high)
        rows |= {
            name: images,
            f"{name}\nas {other}": there,
            f"{name}\nback again": back,
            f"{name}\nlost, {DIFFERENCE} times": lost,
        }
    return image_rows(rows, path, value_range=value_range, title=title)
