"""Several devices and several workers, whatever their shares of a batch."""

import json
import os
import re

import checks
import keras
import numpy as np
import processes
import pytest
import small_models
import worker_process

from keras_gen.callbacks import Resume
from keras_gen.models.replicas import EqualReplicas

# With averages, memories, statistics, chains, labels, penalties, and losses of Keras's own. With
# the environment variable ALL_IN_PAIRS every small model is trained by two workers.
IN_PAIRS = (
    "gan",
    "replay_gan",
    "wgan_gp",
    "pix2pix",
    "semi_supervised_gan",
    "autoencoder",
    "vae",
    "boltzmann_machine",
    "deep_boltzmann_machine",
    "deep_belief_network",
    "domain_adversarial",
)
if os.environ.get("ALL_IN_PAIRS"):
    IN_PAIRS = tuple(small_models.ALL)


@pytest.mark.parametrize("kind", ["gan", "wgan_gp", "pix2pix", "cycle_gan", "vae", "autoencoder"])
@pytest.mark.parametrize("weighted", [False, True])
def test_unequal_shares_take_the_step_of_one_device(kind, weighted):
    x, y = small_models.data_of(kind, 11)
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


def test_all_workers_raise_when_one_cannot_read_its_state(tmp_path):
    """Else the others would wait for it without end."""

    def state(kind, name):
        resume = Resume(tmp_path / f"{name}.state")
        getattr(small_models, kind)().fit(
            *small_models.data_of(kind), verbose=0, callbacks=[resume]
        )
        return resume.path.read_bytes()

    good, foreign = state("autoencoder", "good"), state("vae", "foreign")
    cases = {
        "damaged": (good, good[: len(good) // 2]),
        "foreign": (foreign, good),
        "missing": (good, None),
    }
    for case, files in cases.items():
        for worker, file in enumerate(files):
            if file is not None:
                (tmp_path / f"{case}_{worker}.state").write_bytes(file)
    logs = [tmp_path / f"{worker}.log" for worker in range(2)]
    arguments = ("autoencoder", list(cases), str(tmp_path))
    workers = processes.start_workers(worker_process.resume_own_states, *arguments, logs=logs)
    for worker, log in zip(workers, logs):
        processes.finish(worker, log, 60)
    errors = [json.loads((tmp_path / f"errors_{worker}.json").read_text()) for worker in range(2)]
    other = "argument `path`.*all workers can read.*another worker could not read"
    expected = [
        (other, "argument `path`.*an intact state file.*damaged"),
        ("argument `path`.*the state of another model", other),
        ("different states: 1 epochs, none", "different states: 1 epochs, none"),
    ]
    for found, messages in zip(zip(*errors), expected):
        for error, message in zip(found, messages):
            assert re.search(message, error), errors


def test_one_device_shares_nothing():
    model = small_models.gan()
    before = checks.state(model)
    callback = EqualReplicas()
    callback.set_model(model)
    callback.on_train_begin()
    callback.on_epoch_end(0)
    checks.assert_same_state(before, checks.state(model))
