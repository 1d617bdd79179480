"""What models of two kinds of images refuse: of x and y alike, before anything moves."""

import checks
import numpy as np
import pytest
import small_models
import tensorflow as tf

X, Y = small_models.data_of("pix2pix", 10)
NAN = np.where(np.arange(X.size).reshape(X.shape) == 3, np.float32("nan"), X)
BAD = {
    "three channels": (np.repeat(X, 3, axis=-1), r"\(batch, 8, 8, 1\).*\(10, 8, 8, 3\)"),
    "another size": (X[:, :6], r"\(batch, 8, 8, 1\).*\(10, 6, 8, 1\)"),
    "no channels": (X[..., 0], r"\(batch, 8, 8, 1\).*\(10, 8, 8\)"),
    "NaN": (NAN, "finite values.*1 NaN"),
    "out of range": (255 * X, r"declared range \[-1.0, 1.0\]"),
    "integers": (np.uint8(X > 0), "floating-point"),
    "labels": (small_models.labels(10), r"\(batch, 8, 8, 1\).*\(10,\)"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("argument", ["x", "y"])
@pytest.mark.parametrize("name", small_models.TRANSLATORS)
def test_bad_images_are_named_of_x_and_y_alike(name, argument, kind):
    model = small_models.ALL[name]()
    before = checks.state(model)
    images, message = BAD[kind]
    x, y = (images, Y) if argument == "x" else (X, images)
    as_dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    for data in ((x, y), (as_dataset,)):
        with pytest.raises(ValueError, match=f"argument `{argument}`.*{message.split('.*')[0]}"):
            model.fit(*data, verbose=0)
    with pytest.raises(ValueError, match=f"argument `{argument}`.*{message}"):
        model.train_on_batch(x, y)
    with pytest.raises(ValueError, match=f"argument `validation_data`.*{message}"):
        model.fit(X, Y, validation_data=(x, y), verbose=0)
    checks.assert_same_state(before, checks.state(model))


@pytest.mark.parametrize("name", small_models.TRANSLATORS)
def test_images_without_a_counterpart_are_refused(name):
    model = small_models.ALL[name]()
    with pytest.raises(ValueError, match="argument `y`.*Received: y=None"):
        model.fit(X, verbose=0)
    with pytest.raises(ValueError, match="argument `y`.*10 of them, one for each example"):
        model.fit(X, Y[:7], verbose=0)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("name", small_models.TRANSLATORS)
def test_floats_of_another_width_are_taken(name, dtype):
    model = small_models.ALL[name]()
    batches = tf.data.Dataset.from_tensor_slices((X.astype(dtype), Y.astype(dtype))).batch(5)
    logs = model.fit(batches, validation_data=batches, verbose=0).history
    assert all(np.isfinite(values).all() for values in logs.values())


def values(variables):
    return [np.array(variable) for variable in variables]


@pytest.mark.parametrize("name", small_models.TRANSLATORS)
def test_a_step_makes_its_fakes_once_and_the_discriminator_moves_first(name, monkeypatch):
    """Also where each making draws new dropout."""
    model, seen = small_models.ALL[name](), {}

    def watch(player):
        equation = getattr(model, f"{player}_loss")

        def watched(real, fake, *condition, **options):
            seen[player] = values(tf.nest.flatten(fake)), values(model.discriminator_variables)
            return equation(real, fake, *condition, **options)

        monkeypatch.setattr(model, f"{player}_loss", watched)

    for player in ("discriminator", "generator"):
        watch(player)
    before = values(model.generator_variables)
    model.train_step((tf.constant(X[:4]), tf.constant(Y[:4])))
    for shown, own in zip(seen["discriminator"][0], seen["generator"][0]):
        np.testing.assert_array_equal(shown, own)
    moved = zip(seen["discriminator"][1], seen["generator"][1], model.discriminator_variables)
    for first, second, last in moved:
        assert not np.array_equal(first, second)
        np.testing.assert_array_equal(second, np.array(last))
    assert all(not np.array_equal(a, b) for a, b in zip(before, model.generator_variables))


@pytest.mark.parametrize("name", small_models.TRANSLATORS)
def test_a_step_is_that_of_both_equations_one_after_the_other(name):
    """By plain gradient descent; no gradient of the generator's fakes reaches the discriminator's
    step, nor the other way round."""
    model = getattr(small_models, f"{name}_without_chance")()
    model.compile("sgd", "sgd")
    batch, _ = model.unpack((tf.constant(X[:4]), tf.constant(Y[:4])))
    players = {
        "discriminator": model.discriminator_variables,
        "generator": model.generator_variables,
    }
    start = values(model.weights)
    for player, variables in players.items():
        with tf.GradientTape() as tape:
            fake = model.fake(*batch)
            loss = getattr(model, f"{player}_loss")(batch[0], fake, *batch[1:])
        for variable, gradient in zip(variables, tape.gradient(loss, variables)):
            variable.assign_sub(0.01 * gradient)
    expected = [values(variables) for variables in players.values()]
    for weight, value in zip(model.weights, start):
        weight.assign(value)
    model.train_on_batch(X[:4], Y[:4])
    for variables, targets in zip(players.values(), expected):
        for variable, target in zip(variables, targets):
            np.testing.assert_allclose(np.array(variable), target, rtol=1e-4, atol=1e-6)


def test_earlier_steps_of_the_discriminator_have_fakes_of_their_own(monkeypatch):
    model, makings = small_models.pix2pix(), []
    model.compile("sgd", "sgd", discriminator_steps=3)
    fake = model.fake
    monkeypatch.setattr(model, "fake", lambda *batch: makings.append(batch) or fake(*batch))
    model.train_step((tf.constant(X[:6]), tf.constant(Y[:6])))
    assert len(makings) == 3
    assert int(model.discriminator_optimizer.iterations) == 3
    assert int(model.generator_optimizer.iterations) == 1
