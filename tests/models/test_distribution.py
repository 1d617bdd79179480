"""Several devices and several workers, whatever their shares of a batch."""

import checks
import keras
import numpy as np
import pytest
import small_models

from keras_gen.models.replicas import EqualReplicas

IN_PAIRS = (  # with averages, memories, statistics, chains, labels, and losses of Keras's own
    "gan",
    "replay_gan",
    "autoencoder",
    "boltzmann_machine",
    "deep_belief_network",
    "domain_adversarial",
)


@pytest.mark.parametrize("kind", ["gan", "wgan_gp", "vae", "autoencoder", "sparse_autoencoder"])
@pytest.mark.parametrize("weighted", [False, True])
def test_unequal_shares_take_the_step_of_one_device(kind, weighted):
    x, y = small_models.data_of(kind.removeprefix("sparse_"), 11)
    weight = np.linspace(0, 3, 11) if weighted else None
    results = []
    for devices in (["CPU:0"], ["CPU:0", "CPU:1"]):
        strategy = checks.mirrored(devices)
        with strategy.scope():
            keras.utils.set_random_seed(1)
            model = getattr(small_models, f"{kind}_without_chance")()
        options = {"batch_size": 5, "shuffle": False, "verbose": 0}
        history = model.fit(x, y, sample_weight=weight, **options).history
        logs = {name: values[0] for name, values in history.items()}
        results.append((model.get_weights(), logs))
    (one, one_logs), (two, two_logs) = results
    for a, b in zip(one, two):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)
    assert two_logs == pytest.approx(one_logs, rel=1e-4, abs=1e-5)


def test_two_workers_agree_and_resume(tmp_path):
    checks.check_two_workers_agree(IN_PAIRS, tmp_path)


def test_one_device_shares_nothing():
    model = small_models.gan()
    before = checks.state(model)
    callback = EqualReplicas()
    callback.set_model(model)
    callback.on_train_begin()
    callback.on_epoch_end(0)
    checks.assert_same_state(before, checks.state(model))
