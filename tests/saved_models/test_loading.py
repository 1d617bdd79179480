"""What has been saved comes back, and is named when it is damaged."""

import os
import pathlib
import shutil

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import networks, saved_models
from keras_gen.files import exchange


def test_endpoint_keeps_its_model_alive(tmp_path):
    gan = small_models.gan()
    saved_models.export(gan, tmp_path / "gan")
    sample = saved_models.load(tmp_path / "gan").sample
    keras.utils.clear_session()  # collects garbage
    np.testing.assert_allclose(sample(2, 3), gan.generate(2, seed=3), atol=1e-6)


def test_the_declared_range_is_in_the_saved_model(tmp_path):
    vae, network = small_models.vae(), networks.mlp(3, [4], 2)
    saved_models.export(vae, tmp_path / "vae")
    saved_models.export(network, tmp_path / "mlp")
    card = saved_models.card("an MLP", "numbers", (0, 255), 1, {})
    saved_models.export(network, tmp_path / "card", card)
    for load in (saved_models.load, lambda path: tf.saved_model.load(str(path))):
        assert saved_models.declared_range(load(tmp_path / "vae")) == vae.value_range
        assert saved_models.declared_range(load(tmp_path / "mlp")) is None
        assert saved_models.declared_range(load(tmp_path / "card")) == (0, 255)
    assert "value_range" not in saved_models.load(tmp_path / "vae").signatures


def test_older_exports_have_no_range_and_are_read():
    model = saved_models.load(pathlib.Path(__file__).parents[1] / "fixtures" / "gan_saved_model")
    assert saved_models.declared_range(model) is None


def test_loading_completes_what_a_killed_export_has_begun(tmp_path, monkeypatch):
    old, new, x = networks.mlp(3, [4], 2), networks.mlp(3, [4], 2), np.ones([1, 3], "float32")
    saved_models.export(old, tmp_path)
    rename, calls = os.rename, []

    def stopped(*paths):
        calls.append(paths)
        if len(calls) == 4:
            raise KeyboardInterrupt
        rename(*paths)

    monkeypatch.setattr(exchange, "_exchange_call", lambda: None)
    monkeypatch.setattr(os, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        saved_models.export(new, tmp_path)
    monkeypatch.setattr(os, "rename", rename)
    np.testing.assert_allclose(saved_models.load(tmp_path).serve(x), new(x), atol=1e-6)
    assert not [each for each in os.listdir(tmp_path) if each.startswith(".")]


def test_unknown_name_is_refused_with_what_there_is(tmp_path):
    with pytest.raises(ValueError, match="argument `name`.*Received: name=nothing"):
        saved_models.load("nothing", tmp_path)


def test_damaged_saved_model_is_named(tmp_path):
    saved_models.export(small_models.gan(), tmp_path / "gan")
    (tmp_path / "gan" / "saved_model.pb").write_bytes(b"damaged")
    with pytest.raises(ValueError, match="gan.*damaged"):
        saved_models.load(tmp_path / "gan")


@pytest.mark.parametrize(
    "file, damage",
    [
        ("saved_model.pb", lambda content: content[: len(content) // 2]),
        ("variables/variables.index", lambda content: content[:-9]),
        ("variables/variables.data-00000-of-00001", lambda content: content[:-9]),
        ("variables/variables.data-00000-of-00001", lambda content: b"\7" * len(content)),
        ("variables", None),
    ],
    ids=["half graph", "index", "short variables", "other variables", "no variables"],
)
def test_every_damaged_part_of_a_saved_model_is_noticed(tmp_path, file, damage):
    saved_models.export(networks.mlp(3, [4], 2), tmp_path / "mlp")
    path = tmp_path / "mlp" / file
    shutil.rmtree(path) if damage is None else path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="(?s)argument `name`.*mlp, which is damaged"):
        saved_models.load(tmp_path / "mlp")


@pytest.mark.parametrize("kind", ["truncated", "corrupted", "missing"])
def test_damaged_keras_file_is_named_and_left_alone(tmp_path, kind):
    path = tmp_path / "model.keras"
    small_models.gan().save(path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    damaged = {
        "truncated": whole[:middle],
        "corrupted": whole[:middle] + bytes(64) + whole[middle + 64 :],
        "missing": None,
    }[kind]
    path.unlink() if damaged is None else path.write_bytes(damaged)
    with pytest.raises(ValueError, match="argument `path`.*model.keras"):
        saved_models.load_keras(path)
    assert damaged is None or path.read_bytes() == damaged


def test_load_keras_gives_back_the_model(tmp_path):
    gan = small_models.gan()
    gan.save(tmp_path / "model.keras")
    loaded = saved_models.load_keras(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.generate(2, seed=1), gan.generate(2, seed=1))
