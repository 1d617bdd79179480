"""What an image may be."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gen import images, metrics

SHAPE = (3, 4, 4, 1)


def test_checked_images_are_floats_of_their_own_precision():
    for dtype, expected in [("float64", "float64"), ("float32", "float32"), ("float16", "float32")]:
        checked = images.check_images(np.full(SHAPE, 0.5, dtype), (0, 1))
        assert checked.dtype == expected and (checked == 0.5).all()
    for dtype in (tf.float32, tf.bfloat16):
        checked = images.check_images(tf.fill(SHAPE, tf.constant(0.5, dtype)), (0, 1))
        assert checked.dtype == "float32" and (checked == 0.5).all()


def test_images_that_need_no_conversion_are_not_copied():
    given = np.zeros(SHAPE, "float32")
    assert images.check_images(given, (0, 1)) is given


def test_rounding_may_leave_the_range_by_a_thousandth_of_its_width():
    images.check_images(np.full(SHAPE, 1.0019), (-1, 1))
    with pytest.raises(ValueError, match=r"`images`.*\[-1.0, 1.0\].*from 1.0021 to 1.0021"):
        images.check_images(np.full(SHAPE, 1.0021), (-1, 1))


@pytest.mark.parametrize(
    "bad, message",
    [
        (np.zeros(SHAPE[1:]), r"shape \(batch, height, width, channels\).*=\(4, 4, 1\)"),
        (np.zeros(SHAPE, "uint8"), "floating-point.*uint8"),
        (np.full(SHAPE, np.nan), "finite.*48 NaN"),
        (np.full(SHAPE, -1.0), r"declared range \[0.0, 1.0\].*from -1 to -1"),
    ],
)
def test_what_is_no_image_is_named(bad, message):
    with pytest.raises(ValueError, match=f"argument `pictures`.*{message}"):
        images.check_images(bad, (0, 1), "pictures")


def test_a_range_is_checked_before_the_images():
    with pytest.raises(ValueError, match=r"`value_range`.*low < high.*=\(1, 0\)"):
        images.check_images(np.zeros(SHAPE), (1, 0))


def test_the_metrics_names_are_the_same_functions():
    assert metrics.check_images is images.check_images and metrics.rescale is images.rescale
