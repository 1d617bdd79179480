"""An export is whole, in float32, and leaves the files of others alone."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf
from half_precision import operations_in_half_precision

from keras_gen import models, networks, plotting, saved_models

EXPORT_FOR_EVER = """
import itertools, sys
from keras_gen import models, networks, saved_models

gan = models.GAN(networks.mlp(2, [4], 4), networks.mlp(4, [4], 1), value_range=None)
for version in itertools.count():
    saved_models.export(gan, sys.argv[1], saved_models.card("gan", "none", None, version, {}))
    print(version, flush=True)
"""


def test_export_writes_card_and_samples_and_replaces_the_old_one(tmp_path):
    gan, path = small_models.gan(), tmp_path / "gan"
    figure = plotting.image_grid(gan.generate(4, seed=1), value_range=gan.value_range)
    for seed in (1, 2):
        card = saved_models.card("a GAN", "noise", (-1, 1), seed, {"fid_lenet_10": 1.5})
        saved_models.export(gan, path, card, figure)
    assert (path / "samples.png").is_file()
    assert [p.name for p in tmp_path.iterdir()] == ["gan"]
    card = saved_models.read_card("gan", tmp_path)
    assert set(card) == {*saved_models.CARD_FIELDS, "endpoints"}
    assert card["seed"] == 2 and card["metrics"] == {"fid_lenet_10": 1.5}
    assert "| [gan](gan/samples.png) | a GAN | noise |" in saved_models.table(tmp_path)


@pytest.mark.parametrize("name", sorted(small_models.ALL))
def test_exports_of_half_precision_are_float32(tmp_path, name):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = small_models.ALL[name]()
    policies = [layer.dtype_policy.name for layer in model._flatten_layers()]
    weights = model.get_weights()
    saved_models.export(model, tmp_path / "half")
    assert not operations_in_half_precision(tmp_path / "half")
    assert [layer.dtype_policy.name for layer in model._flatten_layers()] == policies
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_exports_of_half_precision_are_those_of_the_same_weights_in_float32(tmp_path, policy):
    x = small_models.images(4)
    keras.config.set_dtype_policy(policy)
    half = small_models.autoencoder()
    saved_models.export(half, tmp_path / "half")
    reconstructed = half.reconstruct(x)
    keras.config.set_dtype_policy("float32")
    whole = small_models.autoencoder()
    whole.set_weights([weight.astype("float32") for weight in half.get_weights()])
    loaded = saved_models.load(tmp_path / "half")
    assert not operations_in_half_precision(tmp_path / "half")
    np.testing.assert_allclose(loaded.reconstruct(x), whole.reconstruct(x), atol=1e-6)
    np.testing.assert_allclose(loaded.reconstruct(x), reconstructed, atol=0.05)
    np.testing.assert_array_equal(half.reconstruct(x), reconstructed)  # in half precision again


def test_a_card_of_another_range_is_refused(tmp_path):
    card = saved_models.card("a VAE", "noise", (0, 255), 1, {})
    with pytest.raises(ValueError, match=r"argument `card`.*\(-1.0, 1.0\).*\(0.0, 255.0\)"):
        saved_models.export(small_models.vae(), tmp_path / "vae", card)
    assert not list(tmp_path.iterdir())


def test_other_files_in_the_folder_stay(tmp_path):
    run = tmp_path / "run"
    (run / "logs").mkdir(parents=True)
    for name in ("gan.state", "notes.txt", "logs/events"):
        (run / name).write_text("precious")
    network = networks.mlp(3, [4], 2)
    for card in (saved_models.card("an MLP", "numbers", None, 1, {}), None):
        saved_models.export(network, run, card)
        assert (run / "card.json").exists() == (card is not None)
        for name in ("gan.state", "notes.txt", "logs/events"):
            assert (run / name).read_text() == "precious"
        assert saved_models.load(run).serve(np.ones([1, 3], "float32")).shape == (1, 2)
    assert os.listdir(tmp_path) == ["run"]


@pytest.mark.parametrize("name", ["samples.png", "card.json", "variables", "saved_model.pb"])
def test_files_of_others_under_our_names_are_never_replaced(tmp_path, name):
    (tmp_path / name / "deep").mkdir(parents=True)
    card = saved_models.card("an MLP", "numbers", None, 1, {})
    figure = plotting.image_grid(np.zeros([1, 8, 8, 1]), value_range=(0, 1))
    with pytest.raises(ValueError, match=f"argument `path`.*{name} would be lost"):
        saved_models.export(networks.mlp(3, [4], 2), tmp_path, card, figure)
    assert [each.name for each in tmp_path.rglob("*")] == [name, "deep"]


def test_a_picture_and_a_card_of_others_stay_beside_a_saved_model(tmp_path):
    network = networks.mlp(3, [4], 2)
    saved_models.export(network, tmp_path)
    for name in ("samples.png", "card.json"):
        (tmp_path / name).write_text('["precious"]')
    saved_models.export(network, tmp_path)
    with pytest.raises(ValueError, match="card.json would be lost"):
        saved_models.export(network, tmp_path, saved_models.card("an MLP", "x", None, 1, {}))
    for name in ("samples.png", "card.json"):
        assert (tmp_path / name).read_text() == '["precious"]'


def test_a_file_or_no_path_is_refused(tmp_path):
    (tmp_path / "model.keras").write_text("precious")
    for path in (tmp_path / "model.keras", str(tmp_path / "model.keras"), "", None, 3):
        with pytest.raises(ValueError, match="argument `path`"):
            saved_models.export(networks.mlp(3, [4], 2), path)
    assert (tmp_path / "model.keras").read_text() == "precious"
    for name in (None, 3, ""):
        with pytest.raises(ValueError, match="argument `name`"):
            saved_models.load(name)


@pytest.mark.parametrize("name", ["gan.v1.2", "größe", "x" * 255])
def test_any_name_and_both_kinds_of_paths(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    x = np.ones([1, 3], "float32")
    for path in (name, pathlib.Path(name), tmp_path / name):
        network = networks.mlp(3, [4], 2)
        saved_models.export(network, path)
        np.testing.assert_allclose(saved_models.load(path).serve(x), network(x), atol=1e-6)
    assert os.listdir(tmp_path) == [name]


def test_a_killed_export_leaves_a_whole_model(tmp_path):
    path, search = tmp_path / "gan", os.pathsep.join(sys.path)
    path.mkdir()
    (path / "notes.txt").write_text("precious")
    environment = {**os.environ, "PYTHONPATH": search, "TF_CPP_MIN_LOG_LEVEL": "3"}
    for seed in range(3):
        command = [sys.executable, "-c", EXPORT_FOR_EVER, str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(4):
            assert process.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert tf.saved_model.load(str(path)).sample(2, 1).shape == (2, 4)
        assert saved_models.read_card(path)["seed"] >= 3
        assert (path / "notes.txt").read_text() == "precious"
    gan = models.GAN(networks.mlp(2, [4], 4), networks.mlp(4, [4], 1), value_range=None)
    saved_models.export(gan, path)
    assert os.listdir(tmp_path) == ["gan"]


def test_export_that_fails_leaves_the_older_one(tmp_path):
    class FullDisk:
        def savefig(self, path):
            raise OSError("No space left on device")

    network, path = networks.mlp(3, [4], 2), tmp_path / "mlp"
    saved_models.export(network, path, {"what": "the first"})
    with pytest.raises(OSError, match="No space left"):
        saved_models.export(networks.mlp(3, [4], 2), path, {"what": "the second"}, FullDisk())
    assert saved_models.read_card("mlp", tmp_path)["what"] == "the first"
    x = np.ones([2, 3], "float32")
    np.testing.assert_allclose(saved_models.load(path).serve(x), network(x), atol=1e-6)
    assert [p.name for p in tmp_path.iterdir()] == ["mlp"]


def test_unbuilt_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="argument `model`.*built"):
        saved_models.export(keras.Sequential([keras.layers.Dense(1)]), tmp_path / "m")
