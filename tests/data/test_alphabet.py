import numpy as np
import pytest

from keras_gen.data import Alphabet, windows


def test_texts_come_back_and_short_ones_are_filled_up_with_the_first_character():
    alphabet = Alphabet(" abé")
    numbers = alphabet.encode(["ba", "é a"], length=4)
    assert numbers.dtype == np.int32
    np.testing.assert_array_equal(numbers, [[2, 1, 0, 0], [3, 0, 1, 0]])
    assert alphabet.decode(numbers) == ["ba  ", "é a "]
    assert alphabet.encode(["a", "bab"]).shape == (2, 3)


def test_one_hot_has_a_one_at_the_number():
    codes = Alphabet("xyz").one_hot(["zx"])
    np.testing.assert_array_equal(codes, [[[0, 0, 1], [1, 0, 0]]])
    assert codes.dtype == np.float32


def test_what_cannot_be_encoded_is_named():
    alphabet = Alphabet("abc")
    with pytest.raises(
        ValueError, match="`texts`. Expected characters from 'abc'.*'abd', with 'd'"
    ):
        alphabet.encode(["abd"])
    with pytest.raises(ValueError, match="`texts`. Expected at most 2 characters.*'abc', with 3"):
        alphabet.encode(["abc"], length=2)
    with pytest.raises(ValueError, match="`texts`. Expected a list of strings"):
        alphabet.encode("abc")


@pytest.mark.parametrize("characters", ["", "aba"])
def test_an_alphabet_without_or_with_repeated_characters_is_refused(characters):
    with pytest.raises(ValueError, match="`characters`. Expected at least one"):
        Alphabet(characters)


def test_windows_predict_every_token_but_the_first_once():
    pieces = windows(np.arange(11), 3)
    np.testing.assert_array_equal(pieces, [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]])
    np.testing.assert_array_equal(windows(np.arange(10), 3), pieces)
    assert len(windows(np.arange(9), 3)) == 2


@pytest.mark.parametrize("tokens", [np.arange(3), np.arange(0), np.zeros((8, 2))])
def test_a_text_shorter_than_one_window_is_named(tokens):
    with pytest.raises(ValueError, match="`tokens`. Expected more than 3 tokens.*Received.*shape"):
        windows(tokens, 3)
