"""A call that was refused leaves no trace: the right call on the same model works afterwards."""

import checks
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen.state import training_state

COUNT = 3
X = small_models.images(COUNT)
UNIT, BINARY, LABELS = (X + 1) / 2, np.float32(X > 0), small_models.labels(COUNT)
LATENTS = np.linspace(-1, 1, 4 * COUNT, dtype="float32").reshape(COUNT, 4)
CODES, CAPTIONS = LATENTS[:, :3], np.eye(3, dtype="float32")

# By model: the methods that take arrays, with the argument and a right value.
OF_CLASSIFIERS, OF_PIXELS = {"classify": ("images", X)}, {"log_prob": ("images", BINARY)}
OF_AUTOENCODERS = {"encode": ("x", X), "decode": ("codes", CODES), "reconstruct": ("x", X)}
OF_MACHINES = {"transform": ("x", UNIT), "reconstruct": ("x", UNIT), "visible_means": ("x", UNIT)}
METHODS = {
    **dict.fromkeys(small_models.AUTOENCODERS, OF_AUTOENCODERS),
    "recurrent_autoencoder": {"encode": ("x", X[..., 0])},
    **dict.fromkeys(small_models.FULLY_VISIBLE, OF_PIXELS),
    "pix2pix": {"translate": ("source", X)},
    "style_transfer": {"stylize": ("content", X)},
    "cycle_gan": {"translate": ("x", X), "translate_back": ("y", X), "cycle": ("x", X)},
    **dict.fromkeys(("semi_supervised_gan", *small_models.CLASSIFIERS), OF_CLASSIFIERS),
    "rbm": {**OF_MACHINES, "free_energy": ("x", UNIT)},
    "boltzmann_machine": {"transform": ("x", UNIT), "reconstruct": ("x", UNIT)},
    "deep_boltzmann_machine": {"transform": ("x", UNIT), "base_probabilities": ("x", UNIT)},
    "deep_belief_network": {"transform": ("x", UNIT), "classify": ("x", UNIT)},
    "caption_machine": {"describe": ("x", UNIT), "illustrate": ("captions", CAPTIONS)},
}
LATENT = [name for name in small_models.GAMES if name not in small_models.TRANSLATORS]
PREDICTED = {
    **dict.fromkeys(small_models.ALL, X),
    **dict.fromkeys(LATENT, LATENTS),
    **dict.fromkeys(small_models.MACHINES, UNIT),
    **dict.fromkeys(small_models.FULLY_VISIBLE, BINARY),
    "recurrent_autoencoder": X[..., 0],
    "character_model": small_models.data_of("character_model", COUNT)[0],
}
OPTIONS = {"illustrate": {"gibbs_steps": 1}, "stylize": {"style": X}}


def wrong(right):
    """Arrays of another rank, size, number of channels or type, of no example, and no numbers."""
    return {
        "one example": right[0],
        "an axis more": right[..., np.newaxis],
        "flat": right.reshape(len(right), -1) if right.ndim > 2 else right[:, 0],
        "channels": np.concatenate([right] * 2, axis=-1),
        "none": right[:0],
        "text": np.full(right.shape, "a"),
        "complex": right.astype("complex64"),
        "not a number": np.full(right.shape, np.nan, "float32"),
        "nothing": None,
    }


def state(model):
    return [np.array(v) for v in training_state(model).values()]


@pytest.mark.parametrize("name", [name for name in small_models.ALL if name != "conditional_gan"])
def test_after_every_refusal_the_right_call_works(name):
    model = small_models.ALL[name]()
    before = state(model)
    calls = {"predict_on_batch": ("x", PREDICTED[name]), "predict": ("x", PREDICTED[name])}
    calls = {} if name in small_models.STYLES else calls  # which takes two arrays
    for method, (argument, right) in {**calls, **METHODS.get(name, {})}.items():
        call = getattr(model, method)
        cases = wrong(right)
        if name == "character_model":  # rows of any length
            del cases["channels"]
        for value in cases.values():
            with pytest.raises(ValueError, match=rf"argument `{argument}`.*Received: "):
                call(value, **OPTIONS.get(method, {}))
        assert all(np.array_equal(*pair) for pair in zip(before, state(model)))
        if method != "predict_on_batch":  # whose graph is that of `predict`
            result = tf.nest.flatten(call(right, **OPTIONS.get(method, {})))
            assert all(np.isfinite(part).all() for part in result)
            before = state(model)


def test_two_inputs_are_checked_each():
    gan = small_models.conditional_gan()
    for latents, labels in [
        (LATENTS[:, 0], LABELS),
        (LATENTS, LABELS + 1),
        (LATENTS, np.eye(3)),
        (LATENTS, LABELS[:2]),
        (LATENTS, None),
    ]:
        with pytest.raises(ValueError, match="argument `x`.*Received: "):
            gan.predict([latents, labels], verbose=0)
    for alone in (LATENTS, [LATENTS]):
        with pytest.raises(ValueError, match="argument `x`.*a list of .*Received: 1 of them"):
            gan.predict(alone, verbose=0)
    expected = gan([LATENTS, LABELS])
    np.testing.assert_allclose(gan.predict([LATENTS, LABELS], verbose=0), expected, atol=1e-5)
    batches = tf.data.Dataset.from_tensor_slices(((LATENTS, LABELS),)).batch(2)
    np.testing.assert_allclose(gan.predict(batches, verbose=0), expected, atol=1e-5)


def test_datasets_are_checked_before_they_are_predicted_from():
    vae = small_models.vae()
    right = tf.data.Dataset.from_tensor_slices(X).batch(2)
    for bad, message in [
        (right.unbatch(), "batches of shape"),
        (right.map(lambda x: x[..., 0]), "batches of shape"),
        (right.map(lambda x: 300 * x), "declared range"),
        (right.enumerate().map(lambda i, x: x * tf.cast(1 + 9 * i, x.dtype)), "in batch 1"),
    ]:
        with pytest.raises(ValueError, match=f"(?s)argument `x`.*{message}"):
            vae.predict(bad, verbose=0)
    expected = vae.predict(X, verbose=0)
    np.testing.assert_allclose(vae.predict(right, verbose=0), expected, atol=1e-6)
    np.testing.assert_allclose(vae.predict([X], verbose=0), expected, atol=1e-6)
    with pytest.raises(ValueError, match="argument `x`.*one batch"):
        vae.predict_on_batch(right)
    with pytest.raises(ValueError, match="argument `x`.*one batch"):
        vae.train_on_batch(right)


@pytest.mark.parametrize("value", [np.ones((8, 8, 3)), np.full((8, 8, 2), 2.0), np.ones(2), "a"])
def test_frequencies_of_another_shape_or_range_are_refused_and_move_nothing(value):
    made = small_models.made()
    before = state(made)
    with pytest.raises(ValueError, match="argument `frequencies`"):
        made.set_level_frequencies(value)
    assert all(np.array_equal(*pair) for pair in zip(before, state(made)))


@pytest.mark.parametrize("name", ["pix2pix", "cycle_gan", "pixel_cnn", "conditional_gan"])
def test_a_replica_without_an_example_predicts_none(name):
    with checks.mirrored(["CPU:0", "CPU:1"]).scope():
        model = small_models.ALL[name]()
    x = [LATENTS, LABELS] if name == "conditional_gan" else PREDICTED[name]
    predicted = model.predict(x, batch_size=2, verbose=0)  # the last batch has one example
    assert len(predicted) == COUNT
    if name != "pix2pix":  # which draws
        np.testing.assert_allclose(predicted, model(x), atol=1e-5)
