import keras
import numpy as np
import pytest

from keras_gen.layers import ReflectionPadding2D

IMAGES = np.arange(2 * 4 * 5 * 3, dtype="float32").reshape((2, 4, 5, 3))


def test_row_by_hand_does_not_repeat_the_border():
    row = np.array([1.0, 2.0, 3.0, 4.0]).reshape((1, 1, 4, 1))
    y = ReflectionPadding2D((0, 2))(row)
    np.testing.assert_array_equal(np.ravel(y), [3, 2, 1, 2, 3, 4, 3, 2])


@pytest.mark.parametrize(
    "padding, sides",
    [
        (1, ((1, 1), (1, 1))),
        ((2, 3), ((2, 2), (3, 3))),
        (((0, 1), (2, 4)), ((0, 1), (2, 4))),
        ([[3, 0], [0, 0]], ((3, 0), (0, 0))),
    ],
)
def test_each_form_of_padding_pads_as_numpy_does(padding, sides):
    layer = ReflectionPadding2D(padding)
    assert layer.padding == sides
    expected = np.pad(IMAGES, ((0, 0), *sides, (0, 0)), mode="reflect")
    np.testing.assert_array_equal(layer(IMAGES), expected)
    assert layer.compute_output_shape(IMAGES.shape) == expected.shape


def test_unknown_image_size_stays_unknown():
    outputs = ReflectionPadding2D((1, 2))(keras.Input((None, 8, 3)))
    assert outputs.shape == (None, None, 12, 3)


@pytest.mark.parametrize(
    "padding, side",
    [((4, 0), "height of the input, 4"), (((0, 0), (0, 5)), "width of the input, 5")],
)
def test_padding_as_large_as_the_image_gives_a_clear_error(padding, side):
    for inputs in (IMAGES, keras.Input(IMAGES.shape[1:])):
        with pytest.raises(ValueError, match=f"argument `padding`.*{side}.*Received"):
            ReflectionPadding2D(padding)(inputs)


def test_smaller_image_after_the_first_gives_a_clear_error_too():
    layer = ReflectionPadding2D(2)
    layer(IMAGES)
    with pytest.raises(ValueError, match=r"argument `padding`.*height of the input, 2"):
        layer(IMAGES[:, :2])
