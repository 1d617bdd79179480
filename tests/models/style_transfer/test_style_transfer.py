"""Style transfer: the equation that the decoder descends, what stays fixed, and mixtures."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import metrics, models, networks, saved_models

EPSILON = 1e-5


@pytest.fixture(scope="module")
def model():
    return untrained()


def untrained(**options):
    """With an encoder that divides sides by four."""
    keras.utils.set_random_seed(2)
    encoder = networks.style_encoder((4, 5, 6), 1)
    model = models.StyleTransfer(encoder, networks.mirrored_decoder(encoder), seed=5, **options)
    model.compile(keras.optimizers.Adam(1e-2))
    return model


def images(count, height=16, width=16, seed=1):
    """Noise of different contrast and brightness in every image and channel."""
    chance = np.random.default_rng(seed)
    scale, shift = chance.uniform(0.1, 0.5, (2, count, 1, 1, 3))
    noise = chance.uniform(-1, 1, (count, height, width, 3))
    return (scale * noise + shift - 0.3).astype("float32")


def taps(model, pictures):
    return [np.asarray(each) for each in model.encoder(pictures)]


def statistics(features):
    return features.mean(axis=(1, 2)), np.sqrt(features.var(axis=(1, 2)) + EPSILON)


def adain(content, style):
    (mean, sigma), (mean_y, sigma_y) = statistics(content), statistics(style)
    fit = [each[:, None, None] for each in (mean, sigma, mean_y, sigma_y)]
    return fit[3] * (content - fit[0]) / fit[1] + fit[2]


def decoded(model, features):
    return np.clip(np.asarray(model.decoder(features)), -1, 1)


def test_losses_are_those_of_the_equations(model):
    content, style = images(4), images(4, 20, 12, seed=2)
    target = adain(taps(model, content)[-1], taps(model, style)[-1])
    output = taps(model, np.asarray(model.decoder(target)))
    content_loss = np.mean((output[-1] - target) ** 2)
    style_loss = sum(
        np.mean((own - other) ** 2)
        for pair in zip(output, taps(model, style))
        for own, other in zip(*map(statistics, pair))
    )
    logs = model.test_on_batch(content, style, return_dict=True)
    assert logs["content_loss"] == pytest.approx(content_loss, rel=1e-4)
    assert logs["style_loss"] == pytest.approx(style_loss, rel=1e-4)
    assert logs["loss"] == pytest.approx(content_loss + 10 * style_loss, rel=1e-4)


def test_only_the_decoder_is_trained():
    model = untrained()
    encoder, decoder = model.encoder.get_weights(), model.decoder.get_weights()
    model.fit(images(8), images(8, seed=2), verbose=0)
    for before, after in zip(encoder, model.encoder.get_weights()):
        np.testing.assert_array_equal(before, after)
    moved = zip(decoder, model.decoder.get_weights())
    assert all(np.any(before != after) for before, after in moved)
    trained = {id(variable) for variable in model.optimizer._trainable_variables}
    assert trained == {id(variable) for variable in model.decoder.trainable_variables}
    assert {id(v) for v in model.trainable_variables} == trained
    assert {id(v) for v in model.encoder.variables} <= {id(v) for v in model.variables}


def test_training_lowers_both_losses():
    model = untrained()
    content, style = images(16), images(16, seed=2)
    before = model.evaluate(content, style, verbose=0, return_dict=True)
    model.fit(content, style, batch_size=8, epochs=30, verbose=0)
    after = model.evaluate(content, style, verbose=0, return_dict=True)
    assert after["content_loss"] < 0.7 * before["content_loss"]
    assert after["style_loss"] < 0.5 * before["style_loss"]


def test_gradients_of_images_of_one_colour_are_finite(model):
    flat = tf.ones((2, 16, 16, 3)) * tf.constant([0.2, -0.4])[:, None, None, None]
    constants = model.constants((flat, flat[::-1]), training=True)
    with tf.GradientTape() as tape:
        loss = model.objective(constants, training=True)
    gradients = tape.gradient(loss, model.parameters())
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_without_style_the_content_is_encoded_and_decoded(model):
    content, style = images(3), images(3, seed=2)
    expected = decoded(model, taps(model, content)[-1])
    np.testing.assert_allclose(model.stylize(content, style, alpha=0), expected, atol=1e-6)


def test_content_is_its_own_style(model):
    content = images(3)
    same = model.stylize(content, content)
    np.testing.assert_allclose(same, model.stylize(content, content, alpha=0), atol=1e-4)


def test_alpha_interpolates_features_not_images(model):
    content, style = images(3), images(3, seed=2)
    x, y = (taps(model, each)[-1] for each in (content, style))
    expected = decoded(model, 0.7 * x + 0.3 * adain(x, y))
    np.testing.assert_allclose(model.stylize(content, style, alpha=0.3), expected, atol=1e-5)


def test_a_mixture_of_styles_is_that_of_their_targets(model):
    content, styles = images(3), [images(3, seed=2), images(1, 24, 8, seed=3)]
    x = taps(model, content)[-1]
    targets = [adain(x, taps(model, style)[-1]) for style in styles]
    expected = decoded(model, 0.25 * targets[0] + 0.75 * targets[1])
    mixed = model.stylize(content, styles, weights=[1, 3])
    np.testing.assert_allclose(mixed, expected, atol=1e-5)
    alone = model.stylize(content, styles, weights=[1, 0])
    np.testing.assert_allclose(alone, model.stylize(content, styles[0]), atol=1e-6)
    equal = model.stylize(content, styles)
    np.testing.assert_allclose(equal, model.stylize(content, styles, weights=[2, 2]), atol=1e-6)


def test_one_style_serves_all_and_batches_do_not_matter(model):
    content, style = images(5), images(1, seed=2)
    together = model.stylize(content, style)
    repeated = model.stylize(content, np.repeat(style, 5, axis=0), batch_size=2)
    np.testing.assert_allclose(together, repeated, atol=1e-6)


@pytest.mark.parametrize("size", [(16, 16), (17, 22), (19, 8)])
def test_images_keep_their_size_whatever_it_is(model, size):
    content, style = images(2, *size), images(1, 11, 30, seed=2)
    result = model.stylize(content, style)
    assert result.shape == content.shape
    padding = [(0, 0), *[(0, -side % 4) for side in size], (0, 0)]
    padded = np.pad(content, padding, mode="reflect")
    expected = model.stylize(padded, style)[:, : size[0], : size[1]]
    np.testing.assert_allclose(result, expected, atol=1e-6)


def test_training_takes_content_and_style_of_different_sizes():
    history = untrained().fit(images(4, 17, 10), images(4, 8, 13), verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_color_is_kept_by_a_style_in_the_colors_of_each_content(model):
    content, style = images(2), images(1, 12, 20, seed=2)
    kept = model.stylize(content, style, keep_color=True)
    for index in range(2):
        recolored = metrics.matched_colors(style, content[index : index + 1])
        x, y = (taps(model, each)[-1] for each in (content[index : index + 1], recolored))
        np.testing.assert_allclose(kept[index : index + 1], decoded(model, adain(x, y)), atol=1e-4)


def test_predict_takes_content_and_style(model):
    content, style = images(3), images(3, 12, 20, seed=2)
    predicted = model.predict([content, style], verbose=0)
    np.testing.assert_allclose(predicted, model.stylize(content, style), atol=1e-6)
    for bad in ([content, style[..., :2]], [content, 9 * style], [content], [content, style[:2]]):
        with pytest.raises(ValueError, match="argument `x`"):
            model.predict(bad, verbose=0)


def test_distances_are_zero_for_the_image_itself(model):
    content, style = images(3), images(3, seed=2)
    itself = model.distances(content, content, style)
    np.testing.assert_allclose(itself["content"], 0)
    assert np.all(itself["style"] > 1e-3)
    assert np.all(model.distances(style, content, style)["style"] < 1e-9)


def test_a_saved_model_stylizes_to_the_bit(tmp_path):
    model, content, style = untrained(), images(3, 18, 20), images(1, seed=2)
    model.fit(images(8), images(8, seed=2), verbose=0)
    expected = model.stylize(content, style, alpha=0.6)
    model.save(tmp_path / "model.keras")
    loaded = saved_models.load_keras(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.stylize(content, style, alpha=0.6), expected)
    assert not loaded.encoder.trainable_variables
    saved_models.export(model, tmp_path / "exported")
    exported = saved_models.load(tmp_path / "exported")
    np.testing.assert_allclose(exported.stylize(content, style, 0.6), expected, atol=1e-6)
    for bad in [
        (content[:, :7], style, 1.0),
        (content, style[:, :, :7], 1.0),
        (content, style, 2.0),
    ]:
        with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid value for argument"):
            exported.stylize(*bad)


def test_encoders_are_not_confined_to_networks_of_the_library():
    trunk = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            keras.layers.Conv2D(4, 3, 2, padding="same", activation="relu", name="a"),
            keras.layers.BatchNormalization(name="b"),
            keras.layers.Conv2D(6, 3, 2, padding="same", name="c"),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    encoder = networks.tapped_encoder(trunk, ["a", "c"])
    model = models.StyleTransfer(encoder, networks.mirrored_decoder(encoder))
    model.compile("adam")
    model.fit(images(4, 20, 24), images(4), verbose=0)
    assert trunk.get_layer("a").trainable
    assert model.stylize(images(2, 13, 9), images(1)).shape == (2, 13, 9, 3)


def test_what_does_not_fit_is_refused(model):
    encoder, decoder = model.encoder, model.decoder
    other = networks.mirrored_decoder(networks.style_encoder((4, 5, 7), 1))
    shallow = networks.mirrored_decoder(networks.style_encoder((4, 6), 1))
    confined = keras.Sequential([decoder, keras.layers.Activation("sigmoid")])
    for argument, bad in {"decoder": [other, shallow, confined, "decoder"], "encoder": []}.items():
        for each in bad:
            with pytest.raises(ValueError, match=f"argument `{argument}`"):
                models.StyleTransfer(encoder, each)
    flat = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
    for bad in (flat, "encoder"):
        with pytest.raises(ValueError, match="argument `encoder`"):
            models.StyleTransfer(bad, decoder)
    with pytest.raises(ValueError, match="argument `style_weight`"):
        models.StyleTransfer(encoder, decoder, style_weight=-1)


@pytest.mark.parametrize(
    "argument, call",
    [
        ("content", lambda m: m.stylize(images(2)[0], images(2))),
        ("content", lambda m: m.stylize(images(2, 16, 7), images(2))),
        ("content", lambda m: m.stylize(9 * images(2), images(2))),
        ("style", lambda m: m.stylize(images(3), images(2))),
        ("style", lambda m: m.stylize(images(3), [images(3), 9 * images(3)])),
        ("alpha", lambda m: m.stylize(images(2), images(2), alpha=1.5)),
        ("weights", lambda m: m.stylize(images(2), [images(2)] * 2, weights=[1])),
        ("weights", lambda m: m.stylize(images(2), [images(2)] * 2, weights=[0, 0])),
        ("weights", lambda m: m.stylize(images(2), [images(2)] * 2, weights=[2, -1])),
        ("content", lambda m: m.distances(images(2), images(3), images(2))),
        ("x", lambda m: m.fit(images(2, 16, 7), images(2))),
        ("y", lambda m: m.fit(images(2), images(2, 7, 16))),
        ("y", lambda m: m.fit(images(2), images(3))),
        ("y", lambda m: m.fit(images(2), 9 * images(2))),
        ("y", lambda m: m.fit(images(2))),
    ],
)
def test_bad_input_is_refused(model, argument, call):
    with pytest.raises(ValueError, match=f"argument `{argument}`"):
        call(model)
