"""The one check of labels."""

import numpy as np
import pytest

from keras_gen.data.labels import checked_labels


def test_labels_are_returned_as_an_array():
    received = checked_labels([2, 0, 1], "three images", 3, end=3)
    assert isinstance(received, np.ndarray) and received.tolist() == [2, 0, 1]
    assert checked_labels(np.array([7], "uint8"), "images").tolist() == [7]


@pytest.mark.parametrize(
    "labels, options, expected",
    [
        ([0, 1], {"count": 3}, "from 0 on"),
        ([0, -1], {}, "from 0 on"),
        ([0, 3], {"end": 3}, "from 0 to 2"),
        ([0.0, 1.0], {}, "an integer from 0 on"),
        ([True, False], {}, "an integer from 0 on"),
        ([[0, 1]], {}, "an integer from 0 on"),
        (np.array([], "int32"), {}, "an integer from 0 on"),
    ],
)
def test_other_labels_are_named(labels, options, expected):
    with pytest.raises(ValueError, match=f"`labels`.*{expected} for each of my images. Received"):
        checked_labels(labels, "my images", **options)
