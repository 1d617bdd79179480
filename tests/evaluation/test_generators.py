"""A saved generator judged by every measure that applies to it."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import console, evaluation, saved_models
from keras_gen.__main__ import main
from keras_gen.explorer.pictures import save_pictures
from keras_gen.metrics import gan_test

COUNT = tf.TensorSpec([], tf.int32, "count")
SEED = tf.TensorSpec([], tf.int32, "seed")
LABEL = tf.TensorSpec([], tf.int32, "label")
RANGE = (-1.0, 1.0)  # that of models without a card here


def save(path, function, *signature, name="sample"):
    module = tf.Module()
    setattr(module, name, tf.function(function, input_signature=signature))
    tf.saved_model.save(module, str(path))
    return str(path)


def noise(count, seed, size=8, channels=1):
    shape = [count, size, size, channels]
    return tf.random.stateless_uniform(shape, tf.stack([seed, 0]), -1.0, 1.0)


def copies(path, digits):
    """A generator that knows the training images by heart."""
    images = tf.constant(digits[0])

    def sample(count, seed):  # the first ones, in any order
        return tf.random.experimental.stateless_shuffle(images[:count], tf.stack([seed, 0]))

    return save(path, sample, COUNT, SEED)


def test_copies_of_training_images_are_as_good_as_real_ones_and_are_found_out(
    tmp_path, digits, pixels
):
    result = evaluation.evaluate(
        copies(tmp_path, digits), "digits", extractor=pixels, value_range=RANGE
    )
    measures = {"fid", "kid", "inception_score", "precision", "recall"}
    expected = {f"{name}_pixels_360" for name in measures} | {"swd_8_360", "swd_mean_360"}
    second = {"fid_pca_32_360", "diversity_pca_32_360"}
    expected |= second
    assert {name: len(values) for name, values in result.draws.items()} == {
        "fid_pixels_360": 5,
        "fid_pca_32_360": 5,
    }
    nearest = {f"nearest_of_1437_training_images_{part}_360" for part in ("median", "smallest")}
    assert set(result.generated) == set(result.real) == expected | nearest
    generated, real = result.generated, result.real
    for name in expected - {"swd_8_360", "swd_mean_360"}:
        np.testing.assert_allclose(generated[name], real[name], rtol=1e-6)
    np.testing.assert_allclose(generated["swd_8_360"], real["swd_8_360"], rtol=0.2)
    assert all(generated[name] == 0 < real[name] for name in nearest)


def pictures(folder, images):
    """Images of the range -1 to 1 as PNG files."""
    save_pictures(np.round(127.5 * (images + 1)).astype("uint8"), folder)
    return str(folder)


def test_a_folder_of_pictures_is_judged_as_what_a_model_draws(tmp_path, digits, pixels):
    folder = pictures(tmp_path / "drawn", digits[0][:400])
    (tmp_path / "drawn" / "notes.txt").write_text("of digits")
    result = evaluation.evaluate(folder, "digits", 400, extractor=pixels)
    assert result.draws["fid_pixels_360"] == [result.generated["fid_pixels_360"]]
    assert " to " not in result.table()
    whole = evaluation.evaluate(
        pictures(tmp_path / "all", digits[0][:360]), "digits", 360, 1, 8, pixels
    )
    for name in ("fid_pixels_360", "precision_pixels_360", "diversity_pca_32_360"):
        np.testing.assert_allclose(whole.generated[name], whole.real[name], rtol=0.02)
    assert 0 < whole.generated["nearest_of_1437_training_images_median_360"] < 0.05  # of rounding
    assert result.generated["fid_pixels_360"] != whole.generated["fid_pixels_360"]


def test_folders_that_cannot_be_judged_are_refused(tmp_path, digits, pixels):
    few = pictures(tmp_path / "few", digits[0][:3])
    with pytest.raises(ValueError, match="`model`.*more than 3 pictures.*few, with 3"):
        evaluation.evaluate(few, "digits", extractor=pixels)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="`name`.*the path of a SavedModel"):
        evaluation.evaluate(tmp_path / "empty", "digits", extractor=pixels)
    other = pictures(tmp_path / "other", np.zeros((5, 9, 9, 1)))
    with pytest.raises(ValueError, match="`image_size`.*9, 9"):
        evaluation.evaluate(other, "digits", extractor=pixels)


def test_noise_is_worse_than_real_images_in_every_measure(tmp_path, pixels):
    model = save(tmp_path / "model", noise, COUNT, SEED)
    result = evaluation.evaluate(model, "digits", 100, 3, None, pixels, RANGE)
    for line in result.table().splitlines()[2:]:
        name, fake, drawn, real, best = (each.strip() for each in line.strip("|").split("|"))
        assert name in result.generated and bool(drawn) == name.startswith("fid")
        if not name.startswith("inception_score"):
            assert float(fake) < float(real) if best == "high" else float(fake) > float(real), name
    for name, values in result.draws.items():
        assert len(set(values)) == 5 and np.mean(values) == pytest.approx(result.generated[name])
        first = evaluation.evaluate(
            model, "digits", 100, 4, None, pixels, RANGE, verbose=False, draws=1
        )
        assert first.draws[name] == [pytest.approx(values[1])]
    path = tmp_path / "numbers.json"
    result.save(path)
    numbers = json.loads(path.read_text())
    assert numbers["generated"] == result.generated and numbers["real"] == result.real
    assert numbers["seed"] == 3 and numbers["dataset"] == "digits"


def test_images_of_a_label_are_read_as_asked(tmp_path, digits, pixels):
    images, labels = digits
    first = tf.constant([images[labels == each][0] for each in range(10)])

    def sample(label, count, seed):
        wrong = tf.cast(label == 7, tf.int32)  # asked for a seven, it gives an eight
        return tf.repeat(first[label + wrong][None], count, axis=0)

    model = save(tmp_path, sample, LABEL, COUNT, SEED)
    result = evaluation.evaluate(model, "digits", 95, extractor=pixels, value_range=RANGE)
    fake, asked = evaluation.samples(saved_models.load(model), 95, 1, 10)
    np.testing.assert_array_equal(np.bincount(asked), [10] * 5 + [9] * 5)
    share = gan_test(pixels, fake, asked, RANGE)
    assert result.generated["gan_test_pixels_95"] == share
    read = gan_test(pixels, first.numpy(), np.arange(10), RANGE)
    assert share <= read and result.real["gan_test_pixels_95"] > 0.8
    assert result.generated["recall_pixels_95"] < result.real["recall_pixels_95"]


def test_stacks_of_digits_are_judged_by_their_modes(tmp_path, digits, pixels):
    images = tf.constant(digits[0])

    def sample(count, seed):  # always the same digit in all three channels
        chosen = tf.random.stateless_uniform([count], tf.stack([seed, 0]), 0, 1437, tf.int32)
        return tf.repeat(tf.gather(images, chosen), 3, axis=-1)

    result = evaluation.evaluate(
        save(tmp_path, sample, COUNT, SEED), "digits", 300, extractor=pixels, value_range=RANGE
    )
    modes, divergence = "modes_of_1000_pixels_300", "kl_modes_of_1000_pixels_300"
    assert set(result.generated) == {modes, divergence, "swd_8_300", "swd_mean_300"}
    assert result.generated[modes] == 10 and 200 < result.real[modes] < 300
    assert result.generated[divergence] >= np.log(100) > result.real[divergence]


def test_samples_are_fixed_by_the_seed_and_never_repeat(tmp_path, monkeypatch):
    monkeypatch.setattr("keras_gen.evaluation.generated._CHUNK", 10)
    generator = saved_models.load(save(tmp_path, noise, COUNT, SEED))
    one, again, other = (evaluation.samples(generator, 25, seed)[0] for seed in (1, 1, 2))
    assert one.shape == (25, 8, 8, 1)
    np.testing.assert_array_equal(one, again)
    assert len(np.unique(np.concatenate([one, other]).reshape(50, -1), axis=0)) == 50


def test_the_range_is_that_of_the_card(tmp_path, pixels):
    def sample(count, seed):
        return (noise(count, seed) + 1) / 2

    model = save(tmp_path / "unit", sample, COUNT, SEED)
    (tmp_path / "unit" / "card.json").write_text('{"value_range": [0, 1]}')
    one = evaluation.evaluate(model, "digits", 90, extractor=pixels)
    same = save(tmp_path / "both", noise, COUNT, SEED)
    two = evaluation.evaluate(same, "digits", 90, extractor=pixels, value_range=RANGE)
    for name in ("fid_pixels_90", "swd_mean_90"):
        np.testing.assert_allclose(one.generated[name], two.generated[name], rtol=1e-3)


@pytest.mark.parametrize("card", [None, '{"value_range": null}'])
def test_a_range_that_no_card_declares_must_be_given(tmp_path, pixels, card):
    model = save(tmp_path, noise, COUNT, SEED)
    if card is not None:
        (tmp_path / "card.json").write_text(card)
    with pytest.raises(ValueError, match=r"`value_range`.*\(low, high\).*nor a card.*=None"):
        evaluation.evaluate(model, "digits", 90, extractor=pixels)
    with pytest.raises(ValueError, match=r"`value_range`.*low < high"):
        evaluation.evaluate(model, "digits", 90, extractor=pixels, value_range=(1, -1))


def test_a_range_other_than_that_of_the_card_is_refused(tmp_path, pixels):
    model = save(tmp_path, lambda c, s: (noise(c, s) + 1) / 2, COUNT, SEED)
    (tmp_path / "card.json").write_text('{"value_range": [0, 1]}')
    with pytest.raises(ValueError, match=r"`value_range`.*\(0.0, 1.0\).*card.*\(-1.0, 1.0\)"):
        evaluation.evaluate(model, "digits", 90, extractor=pixels, value_range=RANGE)
    given = evaluation.evaluate(model, "digits", 90, extractor=pixels, value_range=(0, 1))
    assert given == evaluation.evaluate(model, "digits", 90, extractor=pixels)


def test_the_range_is_that_of_the_model_itself_without_a_card(tmp_path, pixels, capsys):
    gan = small_models.gan()
    saved_models.export(gan, tmp_path / "gan")
    declared = evaluation.evaluate(tmp_path / "gan", "digits", 90, extractor=pixels)
    assert "Sampling" in capsys.readouterr().err
    given = evaluation.evaluate(
        tmp_path / "gan", "digits", 90, 1, None, pixels, gan.value_range, verbose=False
    )
    assert declared == given and capsys.readouterr() == ("", "")
    with pytest.raises(ValueError, match=r"`value_range`.*\(-1.0, 1.0\).*\(0.0, 1.0\)"):
        evaluation.evaluate(tmp_path / "gan", "digits", 90, extractor=pixels, value_range=(0, 1))


def test_the_command_refuses_a_folder_before_it_begins(tmp_path, monkeypatch):
    (tmp_path / "thesis.tex").write_text("precious")
    monkeypatch.setattr(evaluation, "evaluate", None)  # would fail otherwise
    for output in (tmp_path, tmp_path / "thesis.tex" / "numbers.json"):
        with pytest.raises(SystemExit, match="argument `output`"):
            main(["evaluate", "dcgan_mnist", "--output", str(output)])
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.tex"]
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_numbers_never_take_the_place_of_a_folder(tmp_path):
    result = evaluation.Evaluation("model", "digits", 1, {"fid": 1.0}, {"fid": 0.0})
    (tmp_path / "results").mkdir()
    with pytest.raises(ValueError, match="argument `path`.*is a folder"):
        result.save(tmp_path / "results")
    result.save(str(tmp_path / "results" / "numbers"))
    assert json.loads((tmp_path / "results" / "numbers").read_text())["dataset"] == "digits"


def test_data_without_a_shipped_extractor_need_one(tmp_path):
    model = save(tmp_path, noise, COUNT, SEED)
    with pytest.raises(ValueError, match="`dataset`.*`extractor`.*dataset=cifar10"):
        evaluation.evaluate(model, "cifar10", value_range=RANGE)


def test_models_that_cannot_be_sampled_are_refused(tmp_path, pixels):
    serve = save(tmp_path / "serve", noise, COUNT, SEED, name="serve")
    with pytest.raises(ValueError, match=r"`model`.*endpoint `sample\(count, seed\)`.*with none"):
        evaluation.evaluate(serve, "digits", extractor=pixels)
    only = save(tmp_path / "only", lambda count: noise(count, 1), COUNT)
    with pytest.raises(ValueError, match=r"`model`.*with sample\(count\)"):
        evaluation.evaluate(only, "digits", extractor=pixels)
    with pytest.raises(ValueError, match="`name`"):
        evaluation.evaluate(str(tmp_path / "nowhere"), "digits", extractor=pixels)


def test_data_that_cannot_be_compared_with_is_refused(tmp_path, pixels):
    model = save(tmp_path / "noise", noise, COUNT, SEED)
    large = save(tmp_path / "large", lambda c, s: noise(c, s, 28), COUNT, SEED)
    two = save(tmp_path / "two", lambda c, s: noise(c, s, 8, 2), COUNT, SEED)
    with pytest.raises(ValueError, match=r"`image_size`.*\(28, 28, 1\).*digits \(8, 8, 1\)"):
        evaluation.evaluate(large, "digits", 20, extractor=pixels, value_range=RANGE)
    with pytest.raises(ValueError, match=r"`image_size`.*\(8, 8, 2\)"):
        evaluation.evaluate(two, "digits", 20, extractor=pixels, value_range=RANGE)
    with pytest.raises(ValueError, match="no_such_set"):
        evaluation.evaluate(model, "no_such_set", extractor=pixels, value_range=RANGE)
    with pytest.raises(ValueError, match="`count`.*at least 4"):
        evaluation.evaluate(model, "digits", 3, extractor=pixels, value_range=RANGE)
    with pytest.warns(UserWarning, match="20 fake images with 64 features is singular"):
        evaluation.evaluate(model, "digits", 20, extractor=pixels, value_range=RANGE)


@pytest.mark.skipif(not saved_models.available(), reason="installed without the shipped models")
def test_the_command_prints_and_writes_the_numbers(tmp_path, digits, capsys):
    model = copies(tmp_path / "model", digits)
    output = tmp_path / "out" / "numbers.json"
    words = ["evaluate", model, "--count", "150", "--output", str(output)]
    with pytest.raises(SystemExit, match="`value_range`"):
        main(words)
    main([*words, "--value-range", "-1", "1"])
    printed, progress = capsys.readouterr()
    assert "Sampling: 100%" in progress and "150/150" in progress and "Measuring" in progress
    assert "fid_lenet_mnist_150" in printed and str(output) in printed
    assert json.loads(output.read_text())["generated"]["fid_lenet_mnist_150"] > 0
    main(["models"])
    assert "dcgan_mnist" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="`name`.*nowhere"):
        main(["evaluate", "nowhere"])


def test_help_needs_no_tensorflow():
    code = "import sys, keras_gen.__main__\ntry: keras_gen.__main__.main(['--help'])\n"
    code += "finally: print('tensorflow' in sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 0 and "evaluate" in process.stdout
    assert process.stdout.splitlines()[-1] == "False"


def test_the_command_line_shows_its_own_texts_only():
    environment = {name: os.environ[name] for name in os.environ if name != console.LEVEL}
    command = [sys.executable, "-m", "keras_gen", "models"]
    process = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert process.returncode == 0 and "dcgan_mnist" in process.stdout
    assert process.stderr == ""


def test_what_a_command_starts_is_as_quiet_as_it_would_be_alone(monkeypatch):
    monkeypatch.delenv(console.LEVEL, raising=False)
    main(["results", "01_convolutional"])
    assert console.LEVEL not in os.environ
