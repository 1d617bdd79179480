"""A new loss is a pair of equations, a new penalty one formula, however the class is written."""

import dataclasses
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_gen import losses, models, networks

X = np.random.default_rng(1).normal(size=(16, 4)).astype("float32")
SEED = tf.constant([1, 2])


class Margins(losses.AdversarialLoss):
    """A plain class with numbers."""

    def __init__(self, margin, slope=1.0):
        self.margin = margin
        self.slope = slope

    def real_term(self, real):
        return ops.relu(self.margin - self.slope * real)

    def fake_term(self, fake):
        return ops.relu(self.margin + self.slope * fake)

    def generator_term(self, fake):
        return -fake


class WithoutNumbers(losses.AdversarialLoss):
    """A plain class that states the losses themselves."""

    def discriminator(self, real, fake, sample_weight=None):
        return ops.mean(fake) - losses.weighted_mean(real, sample_weight)

    def generator(self, fake, sample_weight=None):
        return -ops.mean(fake)


class Doubled(losses.Hinge):
    """A subclass of one of the library's."""

    def fake_term(self, fake):
        return 2 * super().fake_term(fake)


@dataclasses.dataclass(frozen=True)
class Frozen(losses.AdversarialLoss):
    power: float = 2.0

    def real_term(self, real):
        return ops.abs(real - 1) ** self.power

    def fake_term(self, fake):
        return ops.abs(fake) ** self.power

    def generator_term(self, fake):
        return ops.abs(fake - 1) ** self.power


class OwnConfiguration(Margins):
    def __init__(self, number):
        super().__init__(number)

    def get_config(self):
        return {"number": self.margin}


class Drift(losses.Penalty):
    def __init__(self, weight=0.001):
        self.weight = weight

    def __call__(self, score, real, fake, seed):
        return self.weight * ops.mean(ops.square(score(real)))


LOSSES = [
    Margins(2.0),
    WithoutNumbers(),
    Doubled(),
    Frozen(1.5),
    OwnConfiguration(3),
    losses.RelativisticPairing(),
]
PENALTIES = [
    Drift(0.5),
    losses.R2(3.0),
    losses.R1() + Drift(),
    losses.GradientPenalty() + losses.R2(),
]


def game(loss=None, penalty=None):
    keras.utils.set_random_seed(3)
    generator, critic = networks.mlp(2, [5], 4), networks.mlp(4, [5], 1)
    model = models.GAN(generator, critic, value_range=None, seed=5)
    model.compile("adam", "adam", loss, penalty)
    return model


@pytest.mark.parametrize("equation", LOSSES + PENALTIES, ids=lambda each: type(each).__name__)
def test_it_trains_saves_clones_and_loads(equation, tmp_path):
    model = game(**{"penalty" if isinstance(equation, losses.Penalty) else "loss": equation})
    model.fit(X, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    name = "penalty" if isinstance(equation, losses.Penalty) else "loss"
    assert type(getattr(loaded, name)) is type(equation)
    assert getattr(loaded, name).get_config() == equation.get_config()
    for each in (model, loaded):
        each.fit(X, batch_size=8, shuffle=False, verbose=0)
    for value, expected in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(value, expected)
    clone = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(equation))
    assert type(clone) is type(equation) and clone.get_config() == equation.get_config()


def test_a_file_loads_in_a_process_that_defines_the_class(tmp_path):
    definition = """
        import sys, numpy as np, keras
        from keras import ops
        from keras_gen import losses, models, networks

        class Mine(losses.Hinge):
            pass
    """
    save = """
        model = models.GAN(networks.mlp(2, [5], 4), networks.mlp(4, [5], 1), value_range=None)
        model.compile("adam", "adam", Mine())
        model.save(sys.argv[1])
    """
    load = "print(type(keras.saving.load_model(sys.argv[1]).loss).__name__)"
    for code in (save, load):
        code = textwrap.dedent(definition) + textwrap.dedent(code)
        command = [sys.executable, "-c", code, str(tmp_path / "model.keras")]
        process = subprocess.run(command, capture_output=True, text=True)
        assert process.returncode == 0, process.stderr
    assert process.stdout.strip() == "Mine"


class Forgets(losses.AdversarialLoss):
    real_term = fake_term = generator_term = lambda self, score: score

    def __init__(self, margin):
        self._margin = margin


class ForgetsPenalty(Drift):
    def __init__(self, wait):
        super().__init__()


class OneTerm(losses.AdversarialLoss):
    def real_term(self, real):
        return real


class HalfPaired(losses.RelativisticPairing):
    generator = losses.AdversarialLoss.generator


class Wordless(losses.Penalty):
    pass


MISSING = [
    (Forgets(1.0), "`loss`.*saved.*'margin'"),
    (ForgetsPenalty(1.0), "`penalty`.*saved.*'wait'"),
    (OneTerm(), "`loss`.*states fake_term, generator_term.*OneTerm"),
    (losses.AdversarialLoss(), "`loss`.*states real_term"),
    (HalfPaired(), "`loss`.*states generator"),
    (Wordless(), "`penalty`.*states __call__"),
    (Margins, r"`loss`.*Margins\(\)"),
]


@pytest.mark.parametrize(
    "equation, message", MISSING, ids=lambda each: getattr(each, "__name__", "")
)
def test_compile_says_what_is_missing(equation, message):
    with pytest.raises(ValueError, match=message):
        game(**{"penalty" if "penalty" in message else "loss": equation})


def test_a_likelihood_of_ones_own_is_saved_and_checked():
    class Laplace(losses.Likelihood):
        def __init__(self, scale):
            self.scale = scale

        def terms(self, target, output):
            return ops.abs(target - output) / self.scale + np.log(2 * self.scale)

        def mean(self, output):
            return output

    encoder, decoder = networks.gaussian_encoder(4, [5], 2), networks.mlp_decoder(2, [5], 4)
    model = models.VAE(encoder, decoder, Laplace(0.5), value_range=None)
    model.compile("sgd")
    model.fit(X, verbose=0)
    assert models.VAE.from_config(model.get_config()).likelihood.scale == 0.5
    with pytest.raises(ValueError, match="`likelihood`.*states terms, mean"):
        models.VAE(encoder, decoder, losses.Likelihood())
    with pytest.raises(ValueError, match="`likelihood`.*Gaussian"):
        models.VAE(encoder, decoder, losses.Gaussian)


def test_a_relativistic_generator_sees_the_real_scores():
    model = game(losses.RelativisticPairing())
    real, fake = tf.constant(X), tf.constant(X[::-1] * 2)
    score = [np.array(model.score(images))[:, 0] for images in (real, fake)]
    expected = np.logaddexp(0, score[0] - score[1])
    np.testing.assert_allclose(model.generator_loss(real, fake), expected.mean(), rtol=1e-5)
    weight = np.float32([2] * 8 + [0] * 8)
    weighted = model.generator_loss(real, fake, sample_weight=tf.constant(weight))
    np.testing.assert_allclose(weighted, expected[:8].mean(), rtol=1e-5)


def quadratic(images):
    return tf.reduce_sum(tf.square(images), axis=1, keepdims=True) / 2  # whose gradient is x


def test_r2_is_the_squared_slope_at_generated_images():
    real, fake = tf.constant(X), tf.constant(3 * X)
    expected = 2.5 * np.mean(np.sum((3 * X) ** 2, axis=1))
    np.testing.assert_allclose(losses.R2(5.0)(quadratic, real, fake, SEED), expected, rtol=1e-5)


def test_penalties_add_up():
    parts = [losses.R1(2.0), losses.R2(3.0), losses.GradientPenalty(1.0)]
    total = parts[0] + parts[1] + parts[2]
    arguments = quadratic, tf.constant(X), tf.constant(2 * X), SEED
    expected = sum(float(part(*arguments)) for part in parts)
    np.testing.assert_allclose(total(*arguments), expected, rtol=1e-5)
    assert total == sum(parts) == parts[0] + (parts[1] + parts[2]) == losses.SumOfPenalties(parts)
    assert losses.SumOfPenalties.from_config(total.get_config()) == total
    with pytest.raises(TypeError):
        parts[0] + 1.0
    with pytest.raises(ValueError, match="`penalties`"):
        losses.SumOfPenalties([])
    with pytest.raises(ValueError, match="`penalties`"):
        losses.SumOfPenalties([losses.R1(), 3])
