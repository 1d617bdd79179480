import numpy as np
import pytest

from keras_gen.data import captions


def test_a_caption_has_the_name_the_parity_and_the_size_of_a_digit():
    received = captions.of_digits(np.array([7, 4, 5, 0]))
    assert received.shape == (4, 14) and received.dtype == "float32"
    np.testing.assert_array_equal(received.sum(axis=1), 3)
    expected = ["seven odd large", "four even small", "five odd large", "zero even small"]
    assert captions.as_text(received) == expected


def test_a_text_holds_the_words_above_one_half():
    probabilities = np.full((2, 14), 0.5)
    probabilities[1, [2, 11]] = 0.51
    assert captions.as_text(probabilities) == ["", "two odd"]


def test_a_caption_is_right_if_it_says_all_words_and_no_other():
    expected = captions.of_digits(np.array([3, 3, 3]))
    said = 0.9 * expected
    said[1, 3] = 0.4  # not its name
    said[2, 8] = 0.6  # one more name
    np.testing.assert_array_equal(captions.right(said, expected), [True, False, False])


@pytest.mark.parametrize("labels", [[10], [-1], [1.0], [[1, 2]]])
def test_other_labels_are_refused(labels):
    with pytest.raises(ValueError, match="`labels`.*0 to 9"):
        captions.of_digits(np.array(labels))
