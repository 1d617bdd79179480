import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from scipy.special import log_softmax

from keras_gen import models, saved_models
from keras_gen.networks import cells

TEXT = "the cat sat on the mat. "
CHARACTERS = "".join(sorted(set(TEXT)))


def model(cell=None, **options):
    made = models.CharacterModel(CHARACTERS, cell or [layers.LSTMCell(5)], 4, seed=1, **options)
    made.compile(keras.optimizers.Adam(1e-2))
    return made


def tokens(count=3, steps=6):
    return np.random.default_rng(0).integers(0, len(CHARACTERS), (count, steps + 1)).astype("int32")


def logits_by_hand(made, x):
    """Embedding, LSTM by its equations, affine map."""
    embedded = made.embedding.get_weights()[0][x]
    states = cells.lstm(embedded, cells.lstm_gates(made.cells[0]))
    kernel, bias = made.head.get_weights()
    return states @ kernel + bias


def test_the_loss_is_the_mean_negative_log_probability_of_the_next_characters():
    made, x = model(), tokens()
    log_p = log_softmax(logits_by_hand(made, x[:, :-1]), axis=-1)
    right = np.take_along_axis(log_p, x[:, 1:, None], axis=-1)[..., 0]
    np.testing.assert_allclose(made.evaluate(x, batch_size=2, verbose=0), -right.mean(), rtol=1e-5)
    weight = np.float32([1, 0, 2])
    weighted = made.evaluate(x, x, sample_weight=weight, batch_size=2, verbose=0)
    np.testing.assert_allclose(weighted, -np.average(right.mean(axis=1), weights=weight), rtol=1e-5)


def test_the_likeliest_characters_follow_the_prompt_at_a_low_temperature():
    made = model()
    for layer in (made.embedding, made.head):  # states and logits far from zero: no near ties
        layer.set_weights([40 * w for w in layer.get_weights()])
    prompt = "the c"
    written = made.generate(prompt, length=8, temperature=1e-3, seed=0)
    text = prompt
    for _ in range(8):
        logits = logits_by_hand(made, made.alphabet.encode([text]))
        text += CHARACTERS[logits[0, -1].argmax()]
    assert written == text[len(prompt) :]


def test_characters_are_drawn_with_the_probabilities_at_the_temperature():
    made = model()
    made.head.set_weights([20 * w for w in made.head.get_weights()])
    prompt, temperature = made.alphabet.encode(["at"]), 1.7
    drawn = made.generated(np.repeat(prompt, 40_000, axis=0), 1, temperature, tf.constant([3, 0]))
    counts = np.bincount(np.ravel(drawn), minlength=len(CHARACTERS))
    logits = logits_by_hand(made, prompt)[0, -1] / temperature
    expected = 40_000 * np.exp(log_softmax(logits))
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected) + 1).all()


def test_equal_seeds_give_equal_texts_and_the_models_own_chance_goes_on():
    made = model()
    first, again, other = (made.generate("the", 40, 1.0, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 40 and set(first) <= set(CHARACTERS)
    assert made.generate("the", 40) != made.generate("the", 40)


@pytest.mark.parametrize(
    "kinds",
    [
        [layers.GRUCell(3)],
        [layers.SimpleRNNCell(3)],
        [layers.LSTMCell(3), layers.GRUCell(4), layers.LSTMCell(2)],
    ],
    ids=["gru", "simple_rnn", "stack"],
)
def test_writing_step_by_step_continues_the_states_of_any_stack_of_cells(kinds):
    made = model(kinds)
    for layer in (made.embedding, made.head):  # states and logits far from zero: no near ties
        layer.set_weights([40 * w for w in layer.get_weights()])
    written = made.generate("the cat", 5, 1e-3, 0)
    text = "the cat"
    for _ in range(5):
        text += CHARACTERS[np.asarray(made(made.alphabet.encode([text])))[0, -1].argmax()]
    assert written == text[len("the cat") :]


def test_it_learns_a_short_text_by_heart():
    made = model([layers.LSTMCell(32)])
    repeated = made.alphabet.encode([20 * TEXT])[0]
    pieces = np.lib.stride_tricks.sliding_window_view(repeated, 25)[::5]
    made.fit(pieces, batch_size=16, epochs=40, verbose=0)
    assert made.evaluate(pieces, verbose=0) < 0.2
    assert made.generate(TEXT, len(TEXT), 0.1, seed=1) == TEXT


def test_the_exported_model_takes_and_gives_texts(tmp_path):
    made = model()
    saved_models.export(made, tmp_path / "model")
    loaded = saved_models.load(tmp_path / "model")
    arguments = (tf.constant(12), tf.constant(0.8), tf.constant(4))
    text = loaded.generate(tf.constant("the"), *arguments).numpy().decode()
    assert text == made.generate("the", 12, 0.8, seed=4)
    for prompt in ("thé", ""):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Expected a prompt of these"):
            loaded.generate(tf.constant(prompt), *arguments)
    log_p = loaded.log_probabilities(tf.constant(tokens()))
    np.testing.assert_allclose(np.exp(log_p).sum(axis=-1), 1, rtol=1e-5)


def test_bad_arguments_of_generate_are_named():
    made = model()
    with pytest.raises(ValueError, match="Expected characters from .*'théå', with 'é'"):
        made.generate("théå")
    with pytest.raises(ValueError, match="`prompt`. Expected at least one character"):
        made.generate("")
    with pytest.raises(ValueError, match="`temperature`. Expected a positive number.*=0"):
        made.generate("the", temperature=0)
    with pytest.raises(ValueError, match="`length`. Expected a positive integer.*=-1"):
        made.generate("the", length=-1)
