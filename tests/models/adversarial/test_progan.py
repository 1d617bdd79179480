"""A GAN that grows: when, what each stage sees and moves, and that nobody notices a stop."""

import checks
import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import callbacks, data, losses, models, networks, saved_models
from keras_gen.models.adversarial import growth
from keras_gen.models.adversarial.growth import Phase
from keras_gen.networks.progressive import enlarged

SHAPE, FILTERS = (16, 16, 1), [5, 4, 3]
LATENTS = tf.constant(np.random.default_rng(4).normal(size=(3, 4)), tf.float32)


SMALL = {"shape": (8, 8, 1), "filters": [4, 3]}
GRAPHS = {"run_eagerly": False}


def growing(shape=SHAPE, filters=FILTERS, optimizers=None, compiled=None, **options):
    generator = networks.progressive_generator(shape, filters, latent_dim=4)
    discriminator = networks.progressive_discriminator(shape, filters)
    options = {"stabilize": 600_000, "fade": 600_000, "seed": 5, **options}
    model = models.ProGAN(generator, discriminator, **options)
    model.compile(*(optimizers or ["adam", "adam"]), **{"run_eagerly": True, **(compiled or {})})
    return model


def pictures(count, side=16):
    x = np.random.default_rng(3).uniform(-1, 1, (count, side, side, 1))
    return x.astype("float32")


def copies(variables):
    return [np.array(variable) for variable in variables]


def squares(images, side):
    """Whether all images consist of squares of so many pixels."""
    size = images.shape[1] // side
    blocks = np.asarray(images).reshape(len(images), size, side, size, side, -1)
    return np.ptp(blocks, axis=(2, 4)).max() == 0


# When


def test_the_table_of_the_growth():
    model = growing(stabilize=[5, 30], fade=[20, 0])
    assert model.schedule() == [
        Phase(stage=0, resolution=4, fading=False, start=0, images=5),
        Phase(stage=1, resolution=8, fading=True, start=5, images=20),
        Phase(stage=1, resolution=8, fading=False, start=25, images=30),
        Phase(stage=2, resolution=16, fading=True, start=55, images=0),
        Phase(stage=2, resolution=16, fading=False, start=55, images=None),
    ]


@pytest.mark.parametrize(
    "images, stage, fading, alpha",
    [  # of the authors: 600k images of each kind in turn
        (0, 0, False, 1),
        (599_999, 0, False, 1),
        (600_000, 1, True, 0),
        (600_064, 1, True, 64 / 600_000),
        (900_000, 1, True, 0.5),
        (1_199_999, 1, True, 1 - 1 / 600_000),
        (1_200_000, 1, False, 1),
        (1_799_999, 1, False, 1),
        (1_800_000, 2, True, 0),
        (2_100_000, 2, True, 0.5),
        (2_400_000, 2, False, 1),
        (10**10, 2, False, 1),
    ],
)
def test_stage_and_alpha_follow_from_the_number_of_images(images, stage, fading, alpha):
    model = growing()
    model.images_seen.assign(images)
    assert (model.stage, model.phase.fading) == (stage, fading)
    assert model.phase.resolution == 4 << stage
    assert float(model.alpha()) == pytest.approx(alpha, abs=1e-7)


def test_alpha_never_falls_within_a_stage_and_stages_never_end_early():
    model = growing(stabilize=7, fade=10)
    found = []
    for images in range(45):
        model.images_seen.assign(images)
        found.append((model.stage, float(model.alpha())))
    assert found == sorted(found)
    assert [stage for stage, _ in found].count(1) == 17


def test_phases_of_no_images_are_passed_over():
    model = growing(stabilize=[0, 50], fade=[0, 50])
    assert model.phase == Phase(1, 8, False, 0, 50) and float(model.alpha()) == 1
    assert growing(stabilize=0, fade=0).phase == Phase(2, 16, False, 0, None)


def test_one_stage_does_not_grow():
    model = growing((4, 4, 1), [3])
    assert model.schedule() == [Phase(0, 4, False, 0, None)]
    model.fit(pictures(4, 4), verbose=0)
    assert model.generate(2, seed=1).shape == (2, 4, 4, 1)


def test_every_image_counts_once_also_of_a_partial_batch_and_for_several_critic_steps():
    for steps in (1, 3):
        model = growing((4, 4, 1), [3], compiled={"discriminator_steps": steps, **GRAPHS})
        model.fit(pictures(11, 4), batch_size=4, epochs=2, verbose=0)
        assert int(model.images_seen) == 22
        model.evaluate(pictures(5, 4), verbose=0)
        assert int(model.images_seen) == 22


def test_images_of_all_replicas_count():
    with checks.mirrored(["CPU:0", "CPU:1"]).scope():
        model = growing((4, 4, 1), [3], compiled=GRAPHS)
    model.fit(checks.batched(pictures(22, 4), batch_size=7), verbose=0)  # 7, 7, 7, 1
    assert int(model.images_seen.numpy()) == 22


# What a stage sees


@pytest.mark.parametrize("images, side, alpha", [(0, 4, None), (15, 8, 0.25), (99, 16, 1.0)])
def test_real_images_are_shrunken_and_faded_like_generated_ones(images, side, alpha):
    model = growing(stabilize=10, fade=20)
    model.images_seen.assign(images)
    x = pictures(3)
    means = x.reshape(3, side, 16 // side, side, 16 // side, 1).mean((2, 4))
    (real, *share), _ = model.unpack((x,))
    if alpha is None:
        assert not share
    else:
        np.testing.assert_allclose(share, np.full([1, 3, 1], alpha))
        half = means.reshape(3, side // 2, 2, side // 2, 2, 1).mean((2, 4))
        means = (1 - alpha) * half.repeat(2, 1).repeat(2, 2) + alpha * means
    np.testing.assert_allclose(real, means, rtol=1e-5, atol=1e-6)


def test_nothing_jumps_when_a_stage_begins():
    """Neither images, to the bit, nor scores of the same images."""
    model = growing(stabilize=10, fade=20)
    x = pictures(4)
    for last, side in [(9, 4), (39, 2)]:
        found = []
        for images in (last, last + 1):
            model.images_seen.assign(images)
            (real, *alpha), _ = model.unpack((x,))
            weights = copies(model.trainable_variables)
            images = model.generate(3, seed=2)
            found.append((model.stage, images, model.score(real, *alpha), weights))
        (before, first, score, weights), (after, second, same, later) = found
        assert after == before + 1
        assert squares(first, side)
        np.testing.assert_array_equal(first, second)
        np.testing.assert_allclose(score, same, rtol=1e-5, atol=1e-6)
        checks.assert_same_state(weights, later)


def test_images_are_always_of_full_size_and_within_the_range():
    model = growing(stabilize=10, fade=20, ema_half_life=None)
    model.generator.pixel_layers[1].kernel.assign(np.full((1, 1, 4, 1), 9.0))
    for images, side in [(0, 4), (20, 2), (99, 1)]:
        model.images_seen.assign(images)
        made = model.generate(3, seed=1)
        assert made.shape == (3, 16, 16, 1) and made.dtype == "float32"
        assert squares(made, side) and np.abs(made).max() <= 1
    unbounded = growing(stabilize=0, fade=0, value_range=None, ema_half_life=None)
    unbounded.generator.pixel_layers[2].bias.assign([7.0])
    assert unbounded.generate(3, seed=1).max() > 2


def test_predictions_and_graphs_follow_the_growth():
    model = growing(stabilize=10, fade=20)
    coarse = [model.predict(LATENTS, verbose=0), model.generate(3, seed=1)]
    model.images_seen.assign(99)
    fine = [model.predict(LATENTS, verbose=0), model.generate(3, seed=1)]
    assert all(squares(each, 4) for each in coarse) and not any(squares(each, 2) for each in fine)
    np.testing.assert_allclose(fine[0], model.images(LATENTS), rtol=1e-5, atol=1e-6)


def test_scores_of_images_of_full_size_are_those_of_the_present_stage():
    model = growing(stabilize=10, fade=20)
    for images in (0, 20, 99):
        model.images_seen.assign(images)
        x = pictures(4)
        scores = model.score(tf.constant(x), training=False)
        alpha = None if model.stage == 0 else model.alpha()
        small = model.scaled(tf.constant(x))
        expected = model.discriminator(small, stage=model.stage, alpha=alpha)
        np.testing.assert_array_equal(scores, expected)


# What a stage moves


def moved(model, before):
    return {
        id(v) for v, old in zip(model.trainable_variables, before) if not np.array_equal(v, old)
    }


def test_a_step_moves_the_variables_of_its_stage_and_no_other():
    model = growing(stabilize=8, fade=8)
    for stage in (0, 1, 1, 2, 2):
        assert model.stage == stage
        before, alpha = copies(model.trainable_variables), float(model.alpha())
        model.train_on_batch(pictures(8))
        own = [
            *model.generator.variables_at(stage),
            *model.discriminator.variables_at(stage),
        ]
        averaged = {id(v) for v in model.averaged_generator.trainable_variables}
        assert moved(model, before) - averaged <= {id(v) for v in own}
        newest = id(model.generator.pixel_layers[stage].kernel)
        assert (newest in moved(model, before)) == (alpha > 0)
        assert id(model.generator.dense.kernel) in moved(model, before)


def test_a_stage_that_is_not_faded_in_is_a_network_of_its_resolution_alone():
    """Nothing of the stage before is computed or trained for a share of nothing."""
    model = growing(stabilize=8, fade=[8, 0])
    model.images_seen.assign(24)
    assert (model.phase.resolution, float(model.alpha())) == (16, 1.0)
    assert model.shares(pictures(3)) == ()
    trained = {id(v) for v in [*model.generator_variables, *model.discriminator_variables]}
    for network in (model.generator, model.discriminator):
        older, newest = network.pixel_layers[1:]
        assert not trained & {id(v) for v in older.trainable_variables}
        assert trained >= {id(v) for v in newest.trainable_variables}
    model.train_on_batch(pictures(8))


def test_what_has_been_faded_out_rests():
    """Adam would move it by its old moments, had they been kept."""
    optimizers = [keras.optimizers.Adam(0.01, 0.9, 0.99) for _ in range(2)]
    model = growing(optimizers=optimizers, stabilize=[8, 1000], fade=8)
    for _ in range(2):
        model.train_on_batch(pictures(8))
    retired = [
        *model.generator.pixel_layers[0].weights,
        *model.discriminator.pixel_layers[0].weights,
    ]
    before = copies(retired)
    assert not model.phase.fading
    for _ in range(2):
        model.train_on_batch(pictures(8))
    for variable, old in zip(retired, before):
        np.testing.assert_array_equal(variable, old)


def test_optimizers_start_anew_with_every_phase_and_keep_their_rates():
    optimizers = [keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.02)]
    model = growing(optimizers=optimizers, stabilize=[16, 1000], fade=16)
    for optimizer in optimizers:
        optimizer.learning_rate = 0.005
    steps = []
    for _ in range(5):
        model.train_on_batch(pictures(8))
        for optimizer in optimizers:
            others = [v for v in optimizer.variables if v is not optimizer._learning_rate]
            used = any(np.any(np.array(v)) for v in others)
            assert used == (int(optimizer.iterations) > 0)
        steps.append(int(optimizers[0].iterations))
    assert steps == [1, 0, 1, 0, 1]
    assert all(float(each.learning_rate) == pytest.approx(0.005) for each in optimizers)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.3),
        lambda: keras.optimizers.Nadam(0.1),
        lambda: keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5), 0.9
        ),
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1), initial_scale=8.0),
    ],
    ids=["Adagrad", "Nadam", "schedule", "loss scale"],
)
def test_what_an_optimizer_begins_with_need_not_be_zero(make):
    optimizer = make()
    variable = keras.Variable([1.0, 2.0])
    optimizer.build([variable])
    before = copies(optimizer.variables)
    for _ in range(3):
        optimizer.apply([tf.constant([0.5, -1.0])], [variable])
    assert any(not np.array_equal(v, old) for v, old in zip(optimizer.variables, before))
    growth.restart(optimizer)
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    for new, old in list(zip(optimizer.variables, before))[-len(inner.variables) :]:
        np.testing.assert_array_equal(new, old)


def test_the_average_has_its_half_life_in_images_and_waits_for_its_stage():
    model = growing(ema_half_life=4, stabilize=[16, 1000])
    weights, average = model.generator.weights, model.averaged_generator.weights
    before = copies(average)
    model.train_on_batch(pictures(8))  # two half-lives
    for old, new, weight in zip(before, average, weights):
        np.testing.assert_allclose(new, 0.25 * old + 0.75 * np.array(weight), rtol=1e-5, atol=1e-6)
    assert any(not np.array_equal(old, new) for old, new in zip(before, average))
    later = model.generator.blocks[2].weights
    for weight, copied in zip(later, model.averaged_generator.blocks[2].weights):
        np.testing.assert_allclose(weight, copied, rtol=1e-6)


def test_without_an_average_the_generator_itself_makes_the_images():
    model = growing(ema_half_life=None, stabilize=0, fade=0)
    assert model.sampler is model.generator
    model.fit(pictures(8), verbose=0)
    images = tf.clip_by_value(model.generator(LATENTS), -1, 1)
    np.testing.assert_allclose(model.images(LATENTS), images, rtol=1e-5, atol=1e-6)


def test_the_defaults_are_the_authors():
    model = growing()
    assert model.loss == losses.Wasserstein(drift=0.001)
    assert model.penalty == losses.GradientPenalty(10.0)
    assert model.discriminator_steps == 1
    fresh = models.ProGAN(model.generator, model.discriminator)
    assert (set(fresh.stabilize), set(fresh.fade)) == ({600_000}, {600_000})


def test_another_game_can_be_grown():
    game = {"loss": losses.LeastSquares(), "penalty": losses.R1(1.0) + losses.R2(1.0)}
    model = growing(**SMALL, stabilize=4, fade=4, compiled=game)
    logs = model.fit(pictures(12, 8), batch_size=4, verbose=0).history
    assert model.stage == 1 and all(np.isfinite(value).all() for value in logs.values())


# How


def test_a_graph_is_made_for_each_stage_and_none_within_a_stage():
    noted = []

    class Noting(models.ProGAN):
        def train_step(self, data):
            noted.append(self.stage)
            return super().train_step(data)

    players = (
        networks.progressive_generator(*SMALL.values(), latent_dim=4),
        networks.progressive_discriminator(*SMALL.values()),
    )
    model = Noting(*players, stabilize=12, fade=20)
    model.compile("adam", "adam")
    model.fit(pictures(22, 8), batch_size=4, epochs=2, verbose=0)  # with a partial batch
    assert model.stage == 1 and not model.phase.fading
    assert noted == [0, 1]


@pytest.mark.parametrize("steps", [2, 8])
def test_several_steps_in_one_execution_are_refused(steps):
    with pytest.raises(
        ValueError, match="argument `steps_per_execution`.*phase may end.*=" + str(steps)
    ):
        growing(compiled={"steps_per_execution": steps})


def small_growing(**options):
    keras.utils.set_random_seed(3)
    optimizers = [keras.optimizers.Adam(1e-3, 0.0, 0.99, 1e-8) for _ in range(2)]
    return growing(optimizers=optimizers, stabilize=12, fade=40, ema_half_life=20, **options)


def test_stopped_in_the_middle_of_a_fade_it_ends_like_an_undisturbed_one(tmp_path):
    x, results = pictures(20, 8), []
    for path, runs in [("a", [3]), ("b", [1, 3])]:
        for epochs in runs:
            model, batches = small_growing(**SMALL), data.batches(x, 8, seed=3)
            resume = callbacks.Resume(tmp_path / path, batches)
            model.fit(batches, epochs=epochs, callbacks=[resume], verbose=0)
            if epochs == 1:
                assert model.stage == 1 and float(model.alpha()) == pytest.approx(8 / 40)
        assert not model.phase.fading
        results.append(checks.state(model))
    checks.assert_same_state(*results)


def test_saved_in_the_middle_of_a_fade_it_makes_the_same_images(tmp_path):
    model = small_growing()
    model.images_seen.assign(30)
    model.train_on_batch(pictures(8))
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert loaded.phase == model.phase and float(loaded.alpha()) == float(model.alpha())
    assert 0 < float(model.alpha()) < 1
    np.testing.assert_array_equal(model.generate(3, seed=1), loaded.generate(3, seed=1))


@pytest.mark.parametrize("images", [0, 30, 999])
def test_an_export_makes_the_images_of_its_phase_from_averaged_weights(images, tmp_path):
    model = small_growing()
    model.images_seen.assign(images)
    model.generator.set_weights([weight + 1 for weight in model.generator.get_weights()])
    saved_models.export(model, tmp_path / "exported")
    loaded = saved_models.load(tmp_path / "exported")
    expected = model.generate(3, seed=7)
    made = loaded.sample(tf.constant(3), tf.constant(7))
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-5)
    averaged, stage = model.averaged_generator, model.stage
    alpha = model.alpha() if model.phase.fading else None
    latents = model.latents(3, tf.constant([7, 0]))
    small = tf.clip_by_value(averaged(latents, stage=stage, alpha=alpha), -1, 1)
    np.testing.assert_allclose(made, enlarged(small, 4 >> stage), rtol=1e-4, atol=1e-5)
    eight = loaded.sample_uint8(tf.constant(3), tf.constant(7))
    np.testing.assert_array_equal(eight, loaded.sample_uint8(tf.constant(3), tf.constant(7)))
    np.testing.assert_allclose(eight, 255 * (np.asarray(made) + 1) / 2, atol=0.51)
    np.testing.assert_allclose(loaded.serve(LATENTS), model.images(LATENTS), rtol=1e-4, atol=1e-5)


# What is refused


@pytest.mark.parametrize("name", ["stabilize", "fade"])
@pytest.mark.parametrize("bad", [-1, 2.5, "7", None, True, [1], [1, 2, 3], [1, -2], [1, 2.0]])
def test_schedules_of_bad_numbers_are_refused(name, bad):
    with pytest.raises(ValueError, match=f"argument `{name}`.*Received: {name}="):
        growing(**{name: bad})


@pytest.mark.parametrize("bad", [0, -5, "7", True])
def test_half_lives_that_are_not_positive_are_refused(bad):
    with pytest.raises(ValueError, match="argument `ema_half_life`"):
        growing(ema_half_life=bad)


@pytest.mark.parametrize("option", [{"num_classes": 3}, {"replay": 10}, {"ema_decay": 0.9}])
def test_options_of_other_gans_are_refused(option):
    with pytest.raises(ValueError, match=f"argument `{next(iter(option))}`.*grow"):
        growing(**option)


def test_networks_that_do_not_grow_or_do_not_fit_are_refused():
    gan, model = small_models.gan(), growing((8, 8, 1), [4, 4])
    with pytest.raises(ValueError, match="argument `generator`.*progressive_generator"):
        models.ProGAN(gan.generator, model.discriminator)
    with pytest.raises(ValueError, match="argument `discriminator`.*progressive_discriminator"):
        models.ProGAN(model.generator, gan.discriminator)
    with pytest.raises(ValueError, match=r"argument `generator`.*\(16, 16, 1\).*\(8, 8, 1\)"):
        models.ProGAN(model.generator, growing().discriminator)


@pytest.mark.parametrize("shape", [(8, 8, 1), (16, 16, 3), (32, 32, 1), (16, 8, 1)])
def test_images_of_another_size_are_refused_before_training(shape):
    model = growing()
    with pytest.raises(ValueError, match=r"argument `x`.*\(batch, 16, 16, 1\)"):
        model.fit(np.zeros((4, *shape), "float32"), verbose=0)
    assert int(model.images_seen) == 0


def test_the_schedule_of_a_compiled_model_stays():
    model = growing()
    with pytest.raises(ValueError, match="argument `fade`.*new model"):
        model.fade = 7


def test_enlarged_images_of_a_lower_stage_are_what_is_shown():
    model = growing(ema_half_life=None)
    expected = enlarged(model.generator(LATENTS, stage=0), 4)
    np.testing.assert_allclose(model.images(LATENTS), tf.clip_by_value(expected, -1, 1), atol=1e-6)
