"""What edits change, and the attributes of strokes, on cases where both are known."""

import numpy as np
import pytest
from editable_models import linear_generator

from keras_gen import editing

RANGE = (-1.0, 1.0)


def pixels(images):
    return images[:, 0, :, 0]


def test_the_matrix_of_a_linear_generator_is_known():
    space = editing.Z(linear_generator())  # pixel j is 2 z_j
    points = np.array([[3.0, 0.0], [-3.0, 1.0], [0.0, -1.0]])  # deviations sqrt(6), sqrt(2/3)
    vectors = {"first": [1.0, 0.0], "both": [0.5, -1.0]}
    directions = [editing.Direction(name, "z", np.array(v)) for name, v in vectors.items()]
    matrix = editing.entanglement_matrix(space, directions, pixels, points, step=2)
    expected = np.array([[2, 0], [1, -2]]) / np.sqrt([6, 2 / 3])
    np.testing.assert_allclose(matrix, expected, rtol=1e-5, atol=1e-7)
    share = 1 - (expected[0, 0] - expected[1, 1]) / np.abs(expected).sum()
    np.testing.assert_allclose(editing.entanglement_share(matrix), share, rtol=1e-5)


def test_a_diagonal_is_not_entangled():
    assert editing.entanglement_share(np.diag([-2.0, 1.0])) == 0
    np.testing.assert_allclose(editing.entanglement_share(np.ones((4, 4))), 0.75)


def test_other_spaces_and_constant_attributes_are_refused():
    space, points = editing.Z(linear_generator()), np.eye(2)
    of_w = editing.Direction("d", "w", np.ones(2))
    of_z = editing.Direction("d", "z", np.ones(2))
    with pytest.raises(ValueError, match="argument `directions`"):
        editing.entanglement_matrix(space, [of_w], pixels, points)
    with pytest.raises(ValueError, match="argument `measure`"):
        editing.entanglement_matrix(space, [of_z], lambda x: 0 * pixels(x), points)
    for matrix in (np.zeros((2, 2)), np.ones((2, 3))):
        with pytest.raises(ValueError, match="argument `matrix`"):
            editing.entanglement_share(matrix)


def line(lean, thickness=1, length=16):
    """A line through the middle that leans `lean` pixels to the right for each pixel upwards."""
    rows, columns = np.mgrid[:20, :20]
    near = np.abs(columns - 9.5 + lean * (rows - 9.5)) <= thickness
    near &= np.abs(rows - 9.5) < length / 2
    return np.where(near, 1.0, -1.0)[..., np.newaxis]


def test_slant_is_that_of_a_line():
    images = np.stack([line(lean) for lean in (0.0, 0.5, -0.5)])
    found = editing.slant(images, RANGE)
    np.testing.assert_allclose(found, [0, 0.5, -0.5], atol=0.03)
    assert editing.slant(images[1:2, :, ::-1], RANGE) < -0.4


def test_width_is_that_of_the_upright_character():
    narrow, broad, leaning = (line(*numbers) for numbers in ((0, 1), (0, 3), (0.5, 3)))
    found = editing.width(np.stack([narrow, broad, leaning]), RANGE)
    expected = [np.std([-0.5, 0.5]), np.std(np.arange(6.0)), np.std(np.arange(6.0))]
    np.testing.assert_allclose(found, expected, atol=0.1)


def test_ink_is_the_bright_share_in_any_range():
    image = line(0, 1, 10)  # 2 columns, 10 rows of 20x20
    np.testing.assert_allclose(editing.ink(image[np.newaxis], RANGE), [20 / 400])
    scaled = (image[np.newaxis] + 1) / 2
    np.testing.assert_allclose(editing.ink(scaled, (0, 1)), [20 / 400])


def test_a_grey_ground_does_not_count_as_width():
    image = line(0.5)[np.newaxis]
    hazy = np.maximum(image, -0.94)  # 3 % grey
    for attribute in (editing.slant, editing.width):
        np.testing.assert_allclose(attribute(hazy, RANGE), attribute(image, RANGE), atol=0.1)


def test_an_empty_image_has_no_slant_and_no_width():
    empty = np.full((1, 6, 6, 1), -1.0)
    for attribute in (editing.ink, editing.slant, editing.width):
        np.testing.assert_array_equal(attribute(empty, RANGE), [0])
