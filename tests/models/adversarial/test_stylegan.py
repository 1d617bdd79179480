"""StyleGAN: styles, how they are mixed, truncated and averaged, and what is made of them."""

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import callbacks, data, losses, models, networks, saved_models
from keras_gen.models.adversarial import stylegan

SHAPE, FILTERS, LATENTS = (8, 8, 1), [4, 3], 5
rng = np.random.default_rng(4)
Z = rng.normal(size=(3, LATENTS)).astype("float32")


def styled(filters=FILTERS, shape=SHAPE, noisy=False, network=None, **options):
    """A model of the last stage, whose averaged generator differs from the other one.

    Nothing is traced: the contract has the graphs.
    """
    numbers = {"latent_dim": LATENTS, "mapping_depth": 2, **(network or {})}
    generator = networks.style_generator(shape, filters, **numbers)
    discriminator = networks.style_discriminator(shape, filters)
    options = {"stabilize": 0, "fade": 0, "seed": 5, "value_range": None, **options}
    model = models.StyleGAN(generator, discriminator, **options)
    model.compile("adam", "adam", run_eagerly=True)
    rng = np.random.default_rng(6)  # the same for every model
    model.mean_style.assign(rng.normal(size=LATENTS))
    for block in model.sampler.blocks if noisy else ():
        for layer in (block.first, block.second):
            layer.noise.strength.assign(rng.uniform(0.5, 1.5, layer.noise.strength.shape))
    if model.sampler is not generator:
        for dense in model.sampler.mapping[1::2]:
            dense.kernel.assign(dense.kernel + 100 * rng.normal(size=dense.kernel.shape))
    return model


def pictures(count=8, side=8):
    return rng.uniform(-1, 1, (count, side, side, 1)).astype("float32")


# Truncation


def test_at_0_all_seeds_give_the_image_of_the_mean_style():
    model = styled(noisy=True)
    images = [model.generate(3, seed=seed, truncation=0) for seed in (1, 2)]
    mean = np.broadcast_to(model.mean_style, (1, 4, LATENTS))
    expected = model.synthesize(mean)
    for image in np.concatenate(images):
        np.testing.assert_allclose(image, expected[0], rtol=1e-5, atol=1e-6)
    assert np.ptp(expected) > 0.1


def test_at_1_nothing_changes():
    model = styled()
    latents = model.latents(3, tf.constant([7, 0])).numpy()
    expected = model.averaged_generator(latents)
    np.testing.assert_allclose(model.generate(3, 7, truncation=1), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model.map(Z), model.averaged_generator.map(Z))


def test_truncation_moves_styles_towards_the_mean_at_the_first_layers_only():
    model = styled(truncated_layers=3)
    mean, styles = np.asarray(model.mean_style), model.map(Z)
    for psi in (0.7, 0.0, -1.0, 2.0):
        truncated = model.map(Z, truncation=psi)
        expected = mean + psi * (styles[:, :3] - mean)
        np.testing.assert_allclose(truncated[:, :3], expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(truncated[:, 3:], styles[:, 3:])
    none = styled(truncated_layers=0)
    np.testing.assert_array_equal(none.map(Z, truncation=0.0), none.map(Z))


def test_the_authors_truncation_is_the_default_of_all_that_makes_images():
    model = styled([2] * 4, (32, 32, 1), network={"noise": False})
    assert (model.truncation, model.truncated_layers) == (0.7, 8)
    latents = model.latents(3, tf.constant([7, 0])).numpy()
    expected = model.synthesize(model.map(latents, truncation=0.7))
    assert np.ptp(expected - model.synthesize(model.map(latents))) > 0.01
    for images in (
        model.generate(3, seed=7),
        model.predict(latents, verbose=0),
        model.images(latents),
        model.generated(3, tf.constant([7, 0])),
    ):
        np.testing.assert_allclose(images, expected, rtol=1e-4, atol=1e-5)
    model.truncation = 0.3
    changed = model.synthesize(model.map(latents, truncation=0.3))
    np.testing.assert_allclose(model.generate(3, seed=7), changed, rtol=1e-4, atol=1e-5)


def test_styles_and_images_are_those_of_the_averaged_copy():
    model = styled()
    own, averaged = model.generator, model.averaged_generator
    assert np.ptp(own.map(Z) - averaged.map(Z)) > 0.01
    np.testing.assert_array_equal(model.map(Z), averaged.map(Z))
    alone = styled(ema_half_life=None)
    np.testing.assert_array_equal(alone.map(Z), alone.generator.map(Z))


# The mean style


def test_the_mean_style_follows_the_mapping_that_makes_the_images():
    """That of the averaged generator after its step, not the one that learns."""
    model = styled(style_decay=0.75, mixing=0)
    model.latents = lambda count, seed: tf.constant(Z)
    before = np.array(model.mean_style)
    model.train_on_batch(pictures(3))
    own, averaged = model.generator.map(Z), model.averaged_generator.map(Z)
    assert np.ptp(own - averaged) > 0.01
    expected = 0.75 * before + 0.25 * np.mean(averaged[:, 0], axis=0)
    np.testing.assert_allclose(model.mean_style, expected, rtol=1e-4, atol=1e-5)


def test_one_step_of_the_mean_is_the_moving_average():
    model = styled(style_decay=0.9)
    before, styles = np.array(model.mean_style), rng.normal(size=(6, LATENTS)).astype("float32")
    model.follow_mean(tf.constant(styles))
    expected = 0.9 * before + 0.1 * styles.mean(0)
    np.testing.assert_allclose(model.mean_style, expected, rtol=1e-5, atol=1e-6)


def test_the_mean_style_is_saved_and_resumed(tmp_path):
    x, results = pictures(16), []
    for path, runs in [("a", [2]), ("b", [1, 2])]:
        for epochs in runs:
            keras.utils.set_random_seed(3)
            model, batches = styled(stabilize=8, fade=16), data.batches(x, 8, seed=3)
            model.mean_style.assign(np.zeros(LATENTS))
            resume = callbacks.Resume(tmp_path / path, batches)
            model.fit(batches, epochs=epochs, callbacks=[resume], verbose=0)
        results.append(np.array(model.mean_style))
    np.testing.assert_array_equal(*results)
    assert np.abs(results[0]).min() > 0
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    for psi in (None, 0.0):
        images = (each.generate(2, seed=1, truncation=psi) for each in (model, loaded))
        np.testing.assert_array_equal(*images)


def test_it_is_zero_before_training():
    np.testing.assert_array_equal(small_models.stylegan().mean_style, np.zeros(4))


# Mixing


@pytest.mark.parametrize("cut", range(5))
def test_gradients_reach_the_first_style_before_the_cut_and_the_second_from_it_on(cut):
    generator = networks.style_generator(SHAPE, FILTERS, LATENTS, mapping_depth=1)
    first, second = (tf.Variable(generator.map(rng.normal(size=(3, LATENTS)))) for _ in range(2))
    with tf.GradientTape() as tape:
        styles = stylegan.crossed(first, second, tf.fill([3], cut))
        y = tf.reduce_sum(generator.synthesize(styles) ** 2)
    reached = [
        np.abs(tf.convert_to_tensor(gradient)).sum((0, 2)) > 0
        for gradient in tape.gradient(y, [first, second])
    ]
    before = np.arange(4) < cut
    np.testing.assert_array_equal(reached, [before, ~before])


@pytest.mark.parametrize("mixing, layers", [(0.9, 4), (1.0, 6), (0.25, 3), (0.5, 2)])
def test_cuts_are_uniform_within_the_layers(mixing, layers):
    cuts = stylegan.random_cuts(20_000, layers, mixing, tf.constant([1, 2])).numpy()
    shares = np.bincount(cuts, minlength=layers + 1) / len(cuts)
    assert len(shares) == layers + 1 and shares[0] == 0
    np.testing.assert_allclose(shares[1:layers], mixing / (layers - 1), atol=0.012)
    assert shares[layers] == pytest.approx(1 - mixing, abs=0.012)


def test_each_image_has_a_cut_of_its_own_within_the_layers_of_the_stage():
    model = styled([4, 3, 2], (16, 16, 1), mixing=1.0, stabilize=[0, 100], fade=[0, 100])
    assert model.stage == 1
    styles = np.asarray(model.mixed(model.generator.map(rng.normal(size=(200, LATENTS)))))[:, :4]
    changes = (np.abs(np.diff(styles, axis=1)).max(2) > 0).astype(int)
    np.testing.assert_array_equal(changes.sum(1), np.ones(200))
    assert set(changes.argmax(1)) == {0, 1, 2}


def test_without_mixing_styles_stay_and_nothing_is_drawn():
    model = styled(mixing=0)
    styles, before = model.generator.map(Z), np.array(model.seed_generator.state)
    np.testing.assert_array_equal(model.mixed(styles), styles)
    np.testing.assert_array_equal(model.seed_generator.state, before)
    model.mixing = 1.0
    assert np.ptp(model.mixed(styles) - styles) > 0.01


def test_mixed_styles_of_chosen_layers_are_the_second_ones():
    model = styled()
    first, second = model.map(Z), model.map(Z[::-1])
    mixed = model.mix(first, second, [1, 3])
    np.testing.assert_array_equal(mixed[:, [0, 2]], first[:, [0, 2]])
    np.testing.assert_array_equal(mixed[:, [1, 3]], second[:, [1, 3]])
    np.testing.assert_array_equal(model.mix(first, second, []), first)
    np.testing.assert_array_equal(model.mix(first, second[:1], range(4))[2], second[0])
    assert model.mix(first[:1], second, [0]).shape == (3, 4, LATENTS)


# Noise


def test_noise_is_the_stored_one_unless_it_is_given():
    model = styled(noisy=True)
    styles = model.map(Z)
    images = model.synthesize(styles)
    np.testing.assert_array_equal(images, model.synthesize(styles))
    stored = model.averaged_generator.stored_noise()
    np.testing.assert_allclose(model.synthesize(styles, stored), images, rtol=1e-5, atol=1e-6)
    noise = model.noise(3, seed=[1, 0]).numpy()
    assert noise.shape == (3, 2 * 16 + 2 * 64) and abs(noise.std() - 1) < 0.1
    other = model.synthesize(styles, noise)
    assert np.ptp(images - other) > 0.1
    one = model.synthesize(styles[1:2], noise[1:2])
    np.testing.assert_allclose(one, other[1:2], rtol=1e-4, atol=1e-5)


def test_training_draws_new_noise_for_every_image():
    model = styled(noisy=True, ema_half_life=None, mixing=0)
    same = np.repeat(Z[:1], 4, axis=0)
    images = np.stack([model.fake_from(same), model.fake_from(same)]).reshape(8, -1)
    assert all(np.ptp(images[:i] - images[i], axis=1).min() > 0.01 for i in range(1, 8))
    still = model.fake_from(same, training=False)
    np.testing.assert_allclose(still[0], still[3], rtol=1e-4, atol=1e-5)


def test_without_noise_there_is_none_to_give():
    model = styled(network={"noise": False})
    assert sorted(model.endpoints()) == ["map", "mean_style", "sample", "serve", "synthesize"]
    with pytest.raises(ValueError, match="argument `noise`.*no noise"):
        model.synthesize(model.map(Z), np.zeros((3, 160)))
    model.fit(pictures(), batch_size=8, verbose=0)


# The game and the growth


def test_the_defaults_are_the_authors():
    model = small_models.stylegan()
    assert (model.loss, model.penalty) == (losses.NonSaturating(), losses.R1(10.0))
    assert (model.mixing, model.style_decay) == (0.9, 0.995)
    assert model.discriminator_steps == 1


def test_it_trains_with_and_without_growth_and_without_what_makes_it_a_style_gan():
    for options in (
        {"stabilize": 0, "fade": 0},
        {"stabilize": 4, "fade": 4},
        {"stabilize": 4, "fade": 4, "mixing": 0, "network": {"noise": False, "mapping_depth": 0}},
        {"shape": (4, 4, 1), "filters": [3]},
    ):
        model = styled(**options)
        x = pictures(12, model.image_shape[0])
        before = [np.array(v) for v in model.generator.trainable_variables]
        logs = model.fit(x, batch_size=4, verbose=0).history
        assert all(np.isfinite(value).all() for value in logs.values())
        assert model.stage == len(model.generator.filters) - 1
        moved = [
            not np.array_equal(v, old)
            for v, old in zip(model.generator.trainable_variables, before)
        ]
        assert sum(moved) >= len(moved) - 2  # all but a retired layer to pixels


def test_images_of_a_lower_stage_are_squares_of_full_size():
    model = styled(stabilize=100, fade=100, noisy=True)
    images = model.synthesize(model.map(Z))
    assert images.shape == (3, 8, 8, 1)
    np.testing.assert_array_equal(images, images[:, ::2, ::2].repeat(2, 1).repeat(2, 2))
    expected = model.averaged_generator(Z, stage=0)
    np.testing.assert_allclose(images[:, ::2, ::2], expected, rtol=1e-5, atol=1e-6)
    for stage in (0, 1):
        expected = model.averaged_generator.synthesize(model.map(Z, truncation=0.7), stage=stage)
        made = model.images_at(Z, stage)[:, :: 2 - stage, :: 2 - stage]
        np.testing.assert_allclose(made, expected, rtol=1e-5, atol=1e-6)


def test_images_stay_within_the_range():
    model = styled(value_range=(-1.0, 1.0))
    model.averaged_generator.pixel_layers[1].bias.assign([9.0])
    np.testing.assert_array_equal(model.generate(2, seed=1), np.ones((2, *SHAPE)))


# Export


def test_endpoints_do_what_the_methods_do(tmp_path):
    model = styled(noisy=True, value_range=(-1.0, 1.0))
    saved_models.export(model, tmp_path / "exported")
    loaded = saved_models.load(tmp_path / "exported")
    close = {"rtol": 1e-4, "atol": 1e-5}
    expected = model.generate(3, seed=7)
    np.testing.assert_allclose(loaded.sample(tf.constant(3), tf.constant(7)), expected, **close)
    made = loaded.sample_uint8(tf.constant(3), tf.constant(7))
    np.testing.assert_allclose(made, (expected + 1) * 127.5, atol=0.51)
    np.testing.assert_allclose(loaded.serve(Z), model.images(Z), **close)
    styles, noise = loaded.map(Z), model.noise(3, [3, 0])
    np.testing.assert_allclose(styles, model.map(Z), **close)
    np.testing.assert_allclose(loaded.mean_style(), model.mean_style, **close)
    for given in (noise, loaded.stored_noise()):
        images = model.synthesize(model.map(Z), given)
        np.testing.assert_allclose(loaded.synthesize(styles, given), images, **close)
    outputs = {
        name: list(function.structured_outputs) for name, function in loaded.signatures.items()
    }
    assert outputs["synthesize"] == outputs["serve"] == ["images"]
    assert (outputs["map"], outputs["stored_noise"]) == (["styles"], ["noise"])


# What is refused


def test_bad_numbers_are_refused():
    players = (
        networks.style_generator(SHAPE, FILTERS, LATENTS),
        networks.style_discriminator(SHAPE, FILTERS),
    )
    model = models.StyleGAN(*players)
    model.compile("adam", "adam")
    for argument, bad in {
        "mixing": [-0.1, 1.5, "1", None, True, float("nan")],
        "truncation": ["1", None, True, float("inf")],
        "truncated_layers": [-1, 1.5, None],
        "style_decay": [-0.1, 1, "1", None],
    }.items():
        for value in bad:
            with pytest.raises(ValueError, match=f"argument `{argument}`.*Received: {argument}="):
                models.StyleGAN(*players, ema_half_life=None, **{argument: value})
            with pytest.raises(ValueError, match=f"argument `{argument}`"):
                setattr(model, argument, value)


def test_numbers_of_training_and_use_can_be_set_again():
    model = styled()
    model.mixing, model.truncation = 0.5, 0.9
    assert (model.mixing, model.truncation) == (0.5, 0.9)
    with pytest.raises(ValueError, match="argument `style_decay`.*new model"):
        model.style_decay = 0.9


def test_a_generator_without_styles_is_refused():
    model = small_models.progan()
    with pytest.raises(ValueError, match="argument `generator`.*style_generator"):
        models.StyleGAN(model.generator, model.discriminator)


def test_bad_styles_layers_and_noise_are_refused():
    model = styled()
    styles, noise = model.map(Z), np.zeros((3, 160), "float32")
    for bad in (styles[:, 0], styles[:, :2], styles[..., :3], "styles", None, styles * np.nan):
        with pytest.raises(ValueError, match="argument `styles`"):
            model.synthesize(bad)
        with pytest.raises(ValueError, match="argument `first`"):
            model.mix(bad, styles, [0])
        with pytest.raises(ValueError, match="argument `second`"):
            model.mix(styles, bad, [0])
    for bad in (noise[:2], noise[:, :5], "noise", np.zeros((3, 8, 8, 1), "float32")):
        with pytest.raises(ValueError, match="argument `noise`"):
            model.synthesize(styles, bad)
    for bad in ([4], [-1], [0.5], 2, None, "01", [True]):
        with pytest.raises(ValueError, match="argument `layers`"):
            model.mix(styles, styles, bad)
    with pytest.raises(ValueError, match="argument `second`.*3 and 2"):
        model.mix(styles, styles[:2], [0])
    for bad in (Z[0], Z[:, :2], Z * np.inf, None):
        with pytest.raises(ValueError, match="argument `latents`"):
            model.map(bad)
    for method in (lambda psi: model.map(Z, psi), lambda psi: model.generate(2, 1, psi)):
        with pytest.raises(ValueError, match="argument `truncation`"):
            method("1")
