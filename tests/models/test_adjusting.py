"""A public number of a model has an effect when it is set, whenever that is, or setting raises."""

import checks
import keras
import numpy as np
import pytest
import small_models

from keras_gen import losses, models, networks

# Of every model: each number, another value, and one that it cannot have.
NUMBERS = {
    "gan": {"discriminator_steps": (2, 0)},
    "wgan": {"clip": (1e-4, 0.0), "discriminator_steps": (1, -1)},
    "pix2pix": {"adversarial_weight": (0.0, -1.0)},
    "cycle_gan": {"identity_weight": (50.0, float("nan"))},
    "style_transfer": {"style_weight": (90.0, -1.0)},
    "semi_supervised_gan": {
        "adversarial_weight": (7.0, -1.0),
        "consistency_weight": (90.0, -1.0),
        "consistency_ramp": (0, -1),
        "balance_weight": (9.0, float("nan")),
        "fakes": (1, 0),
    },
    "domain_adversarial": {"steps": (2, 0), "gamma": (90.0, 0.0)},
    "adversarial_training": {"epsilon": (0.9, 3.0), "alpha": (0.0, 1.5)},
    "vae": {"beta": (50.0, -1.0)},
    "rbm": {"steps": (5, 0)},
    "boltzmann_machine": {"temperature": (9.0, 0.0), "gibbs_steps": (4, 0.5)},
    "deep_boltzmann_machine": {"gibbs_steps": (1, 0), "mean_field_steps": (1, 0)},
    "deep_belief_network": {"steps": (4, 0), "guidance": (3.0, 0.0)},
}
CASES = [(name, number) for name, numbers in NUMBERS.items() for number in numbers]
SILENT = ["guidance"]  # no part of the training


class Trainings:
    """A small model that trains again and again, each time from a state that it had before."""

    def __init__(self, name):
        keras.utils.set_random_seed(5)
        self.model, self.data = small_models.ALL[name](), small_models.data_of(name, 16)
        self.start = checks.state(self.model)

    def fit(self, start, epochs=1, change=None):
        """Trains, and sets a number at the beginning of the second epoch.

        Args:
            start: the state to begin with.
            epochs: of the training.
            change: pair (name of a number, value), or `None`.

        Returns:
            The state in which the last epoch began, and the trained weights after it.
        """
        checks.restore(self.model, start)
        before = []

        def begin(epoch, logs=None):
            before.append(checks.state(self.model))
            if change and epoch == 1:
                setattr(self.model, *change)

        watch = [keras.callbacks.LambdaCallback(on_epoch_begin=begin)]
        options = {"batch_size": 8, "verbose": 0, "shuffle": False}
        self.model.fit(*self.data, epochs=epochs, callbacks=watch, **options)
        return before[-1], [np.array(each) for each in self.model.trainable_variables]


def equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_has_an_effect_when_it_is_set_between_fits_or_by_a_callback_within_one(name):
    """Set to another value between two fits, and back within one. A model is traced for each
    value, and trains as often as there is something to compare."""
    trainings = Trainings(name)
    model, start = trainings.model, trainings.start
    middle, unchanged = trainings.fit(start, epochs=2)
    for number, (value, _) in NUMBERS[name].items():
        old = getattr(model, number)
        setattr(model, number, value)
        assert getattr(model, number) == value == model.get_config().get(number, value)
        _, changed = trainings.fit(middle)
        _, other = trainings.fit(start, epochs=2)
        other_middle, back = trainings.fit(start, epochs=2, change=(number, old))
        assert getattr(model, number) == old == model.get_config().get(number, old)
        _, continued = trainings.fit(other_middle)
        _, again = trainings.fit(start, epochs=2)
        assert equal(back, continued)
        assert equal(again, unchanged)
        if number not in SILENT:
            assert not equal(changed, unchanged)
            assert not equal(back, other)


@pytest.mark.parametrize("name, number", CASES)
def test_a_number_that_it_cannot_have_is_refused_as_in_the_construction(name, number):
    model = small_models.ALL[name]()
    before = getattr(model, number)
    for value in (NUMBERS[name][number][1], "two"):
        with pytest.raises((ValueError, TypeError), match=number):
            setattr(model, number, value)
    assert getattr(model, number) == before


@pytest.mark.parametrize("name", small_models.ALL)
def test_every_public_number_has_an_effect_or_raises(name):
    model = small_models.ALL[name]()
    numbers = {k: v for k, v in model.get_config().items() if isinstance(v, (bool, int, float))}
    for number, value in numbers.items():
        if number in ("name", "dtype", "trainable") or number in NUMBERS.get(name, {}):
            continue
        if number in model.adjustable:
            continue
        setattr(model, number, value)  # the same value is no change
        with pytest.raises(ValueError, match=f"`{number}`.*new model"):
            setattr(model, number, value + 1)
        assert getattr(model, number) == value


def test_setting_the_same_number_traces_nothing():
    trainings = Trainings("vae")
    trainings.fit(trainings.start)
    model = trainings.model
    before = model.train_function
    model.beta = model.beta
    assert model.train_function is before
    model.beta = 3
    assert model.train_function is not before


def test_a_number_set_in_a_callback_counts_in_the_loss_of_the_next_epoch():
    model, x = small_models.vae(), small_models.images(16)
    set_beta = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(model, "beta", 1.0 + 3 * epoch)
    )
    log = model.fit(x, x, epochs=3, callbacks=[set_beta], validation_data=(x, x), verbose=0).history
    for prefix in ("", "val_"):
        parts = zip(*(log[prefix + key] for key in ("loss", "reconstruction_loss", "latent_loss")))
        for beta, (total, reconstruction, latent) in zip((1, 4, 7), parts):
            assert total == pytest.approx(reconstruction + beta * latent, rel=1e-4)


def test_what_compile_got_may_be_set_and_is_saved(tmp_path):
    model, x = small_models.gan(), small_models.images(16)
    model.fit(x, verbose=0)
    model.discriminator_steps, model.loss = 2, losses.Hinge()
    model.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert (loaded.discriminator_steps, loaded.loss) == (2, losses.Hinge())
    model.penalty = losses.R1()
    assert model.get_compile_config()["penalty"]["class_name"] == "R1"


def test_a_penalty_that_is_set_is_compared_with_the_networks():
    discriminator = networks.dcgan_discriminator((16, 16, 1), 4)  # with batch normalization
    model = models.GAN(networks.dcgan_generator((16, 16, 1), 4, 4), discriminator)
    model.compile("adam", "adam")
    with pytest.raises(ValueError, match=r"`discriminator`.*batch normalization"):
        model.penalty = losses.R1()
    assert model.penalty is None


def test_the_temperature_counts_after_images_have_been_made():
    model = small_models.boltzmann_machine()
    cold, _ = model.generate(200, seed=1), model.generated(4, np.int32([1, 0]), 3)
    model.temperature = 1e6
    assert not np.array_equal(cold, model.generate(200, seed=1))


def test_numbers_of_a_subclass_may_be_set():
    @keras.saving.register_keras_serializable("tests")
    class Annealed(models.VAE):
        def __init__(self, encoder, decoder, heat=1.0, **kwargs):
            super().__init__(encoder, decoder, **kwargs)
            self.heat = heat
            self.heat = float(heat)

        def objective(self, constants, training):
            return self.heat * super().objective(constants, training)

    vae, x = small_models.vae(), small_models.images(16)
    model = Annealed(vae.encoder, vae.decoder, likelihood=vae.likelihood, value_range=(-1, 1))
    model.compile(keras.optimizers.SGD(1e-3))
    model.fit(x, verbose=0)
    model.heat = 0.0
    before = model.get_weights()
    model.fit(x, verbose=0)
    for weight, old in zip(model.trainable_weights, before):
        np.testing.assert_array_equal(weight, old)
