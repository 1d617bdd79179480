"""Learning rates that follow from the number of steps."""

import keras
import numpy as np
import pytest

from keras_gen.optimizers import ConstantThenLinear

STEPS = 7  # of an epoch


def schedule():
    return ConstantThenLinear(3e-4, 100 * STEPS, 100 * STEPS)


@pytest.mark.parametrize(
    "epoch, share",
    [(0, 1), (99, 1), (100, 1), (101, 0.99), (150, 0.5), (199, 0.01), (200, 0), (201, 0)],
)
def test_the_rate_stays_for_100_epochs_and_is_gone_after_200(epoch, share):
    np.testing.assert_allclose(schedule()(epoch * STEPS), 3e-4 * share, rtol=1e-4, atol=1e-11)


def test_it_falls_with_every_step_within_an_epoch():
    rates = [float(schedule()(step)) for step in range(120 * STEPS, 121 * STEPS + 1)]
    np.testing.assert_allclose(np.diff(rates), -3e-4 / (100 * STEPS), rtol=1e-3)


def test_each_optimizer_goes_by_its_own_steps():
    first, second = (keras.optimizers.SGD(ConstantThenLinear(1.0, 1, 4)) for _ in range(2))
    variable = keras.Variable([0.0])
    for optimizer in (first, second):
        optimizer.build([variable])
    rates = []
    for _ in range(6):
        rates.append(float(first.learning_rate))
        first.apply([np.float32([1.0])], [variable])
    np.testing.assert_allclose(rates, [1, 1, 0.75, 0.5, 0.25, 0])
    np.testing.assert_allclose(variable, [-3.5])
    assert float(second.learning_rate) == 1


def test_an_optimizer_with_it_can_be_saved():
    optimizer = keras.optimizers.Adam(schedule(), 0.5)
    config = keras.optimizers.serialize(optimizer)
    loaded = keras.optimizers.deserialize(config)
    assert loaded._learning_rate.get_config() == schedule().get_config()


@pytest.mark.parametrize("steps, constant", [(200, 100), (7, 3), (1, 0)])
def test_over_a_training_half_of_the_steps_are_constant(steps, constant):
    rate = ConstantThenLinear.over(steps, 2e-4)
    assert (rate.constant_steps, rate.decay_steps) == (constant, steps - constant)
    np.testing.assert_allclose([rate(0), rate(steps)], [2e-4, 0], atol=1e-12)
    with pytest.raises(ValueError, match="argument `steps`.*steps=0"):
        ConstantThenLinear.over(0, 2e-4)


@pytest.mark.parametrize(
    "name, value",
    [("initial_learning_rate", 0.0), ("constant_steps", -1), ("decay_steps", 0)],
)
def test_bad_numbers_are_named(name, value):
    arguments = {"initial_learning_rate": 1.0, "constant_steps": 0, "decay_steps": 1}
    with pytest.raises(ValueError, match=f"argument `{name}`.*{name}={value}"):
        ConstantThenLinear(**arguments | {name: value})
