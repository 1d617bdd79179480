"""The gap between the free energies of training images and others."""

import keras
import numpy as np

from keras_gen import callbacks, layers, models


def test_gap_is_the_difference_of_the_mean_log_probabilities():
    random = np.random.default_rng(0)
    training, held_out = (random.random((count, 6)).round().astype("float32") for count in (8, 5))
    machine = models.RestrictedBoltzmannMachine(layers.RBM(3, weight_stddev=1.0, seed=1), 6, seed=2)
    machine.compile(keras.optimizers.SGD(0.1))
    gap = callbacks.FreeEnergyGap(training, held_out)
    history = machine.fit(training, epochs=2, callbacks=[gap], verbose=0).history
    assert len(history["free_energy_gap"]) == 2
    states = ((np.arange(64)[:, None] >> np.arange(6)) & 1).astype("float32")
    log_z = np.log(np.exp(-machine.free_energy(states)).sum())
    log_p = [-machine.free_energy(images) - log_z for images in (training, held_out)]
    expected = log_p[0].mean() - log_p[1].mean()
    np.testing.assert_allclose(history["free_energy_gap"][-1], expected, atol=1e-5)
