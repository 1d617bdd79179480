"""Which data a shipped network may look at."""

import numpy as np
import pytest

from keras_gen import data, evaluation, saved_models

shipped = pytest.mark.skipif(
    not saved_models.available(), reason="installed without the shipped models"
)


@shipped
@pytest.mark.parametrize(
    "dataset, name",
    [
        ("mnist", "lenet_mnist"),
        ("fashion_mnist", "lenet_fashion_mnist"),
        ("glyphs", "lenet_glyphs"),
        ("digits", "lenet_mnist"),
        ("mnist, stacked", "lenet_mnist"),
        ("digits, stacked", "lenet_mnist"),
        ("glyphs, stacked", "lenet_glyphs"),
        ("fashion_mnist, stacked", "lenet_fashion_mnist"),
    ],
)
def test_the_name_says_which_network_looks(dataset, name):
    assert evaluation.shipped_extractor(dataset).name == name


@shipped
def test_mnists_lenet_reads_the_embedded_digits(digits):
    images, labels = digits
    extractor = evaluation.shipped_extractor("digits")
    read = extractor.probabilities(images[:300], (-1, 1)).argmax(axis=1)
    assert 0.7 < np.mean(read == labels[:300]) < 0.8


@shipped
def test_the_lenet_of_glyphs_reads_fonts_that_it_has_not_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_GEN_DATA_DIR", str(tmp_path))
    options = {"value_range": (-1, 1), "labels": True}
    images, labels = data.arrays(data.load("glyphs", "test", **options))
    extractor = evaluation.shipped_extractor("glyphs")
    read = extractor.probabilities(images, (-1, 1)).argmax(axis=1)
    error = saved_models.read_card("lenet_glyphs")["metrics"][f"error_{len(labels)}"]
    assert np.mean(read != labels) == pytest.approx(error, abs=0.001)  # two images
    assert error < 0.03


@shipped
@pytest.mark.parametrize(
    "dataset", ["cifar10", "my_images/", "emnist/letters", "glyphs_letters", "cifar10, stacked"]
)
def test_other_data_get_the_list_of_what_there_is(dataset):
    names = r"\['digits', 'fashion_mnist', 'glyphs', 'mnist'\]"
    with pytest.raises(ValueError, match=f"`dataset`.*one of {names}.*`extractor`.*={dataset}"):
        evaluation.shipped_extractor(dataset)


def test_an_installation_without_models_ships_no_extractor(monkeypatch):
    monkeypatch.setattr(saved_models, "available", list)
    for dataset in ("mnist", "digits"):
        with pytest.raises(ValueError, match=r"`dataset`.*one of \[\].*`extractor`"):
            evaluation.shipped_extractor(dataset)


@shipped
def test_every_shipped_lenet_is_named_after_its_data():
    for name in saved_models.available():
        if name.startswith("lenet_"):
            assert saved_models.read_card(name)["data"] == name.removeprefix("lenet_")
