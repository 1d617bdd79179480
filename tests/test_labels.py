"""The one check of labels."""

import numpy as np
import pytest

from keras_gen.arguments import class_labels


def test_labels_are_returned_as_an_array():
    received = class_labels("labels", [2, 0, 1], 3, count=3)
    assert isinstance(received, np.ndarray) and received.tolist() == [2, 0, 1]
    assert class_labels("labels", [[2], [0]]).tolist() == [2, 0]
    assert class_labels("labels", np.array([7], "uint8")).tolist() == [7]


@pytest.mark.parametrize(
    "labels, options, expected",
    [
        ([0, 1], {"count": 3}, "from 0 up"),
        ([0, -1], {}, "from 0 up"),
        ([0, 3], {"end": 3}, "from 0 to 2"),
        ([0.0, 1.0], {}, "integer labels from 0 up"),
        ([True, False], {}, "integer labels from 0 up"),
        ([[0, 1]], {}, "integer labels from 0 up"),
        (np.array([], "int32"), {}, "integer labels from 0 up"),
    ],
)
def test_other_labels_are_named(labels, options, expected):
    with pytest.raises(ValueError, match=f"`labels`.*{expected}, one for each image. Received"):
        class_labels("labels", labels, **options, of="image")
