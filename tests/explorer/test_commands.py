"""The commands `sample` and `explore`: pictures of others stay, and wrong words end with 2."""

import sys

import numpy as np
import pytest
import small_models
from PIL import Image

from keras_gen import saved_models
from keras_gen.__main__ import main
from keras_gen.explorer import Studio
from keras_gen.explorer.opening import opened


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    for name in ("gan", "conditional_gan"):
        model = getattr(small_models, name)()
        model.save(folder / f"{name}.keras")
        saved_models.export(model, folder / name)
    return folder


def status(*words):
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return ended.value.code


def test_a_grid_and_single_pictures_hold_the_samples_of_the_seed(saved, tmp_path):
    grid, folder = tmp_path / "grid.png", tmp_path / "single"
    for output in (grid, folder, grid):  # own pictures are replaced
        words = ["sample", saved / "gan", "--count", 5, "--seed", 3, "--output", output]
        main([str(word) for word in words])
    expected = saved_models.load(saved / "gan").sample_uint8(5, 3).numpy()[..., 0]
    pixels = np.asarray(Image.open(grid))
    assert pixels.shape == (16, 24) and not pixels[8:, 16:].any()
    np.testing.assert_array_equal(pixels[8:, 8:16], expected[4])
    assert sorted(each.name for each in folder.iterdir()) == [f"0000{i}.png" for i in range(5)]
    np.testing.assert_array_equal(np.asarray(Image.open(folder / "00002.png")), expected[2])


def test_pictures_of_others_are_never_replaced(tmp_path, capsys):
    precious = tmp_path / "00001.png"
    Image.new("L", (2, 2)).save(precious)
    before = precious.read_bytes()
    for output in (precious, tmp_path):
        assert status("sample", "nowhere", "--count", 2, "--output", output) == 2
        assert "`output`" in capsys.readouterr().err
    assert precious.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_wrong_words_end_with_2_and_a_lacking_program_with_1(saved, tmp_path, monkeypatch, capsys):
    output = ["--output", tmp_path / "grid.png"]
    for words, reason in (
        (["sample", "nowhere"], "`name`"),
        (["sample", saved / "gan", "--label", 1], "`label`"),
        (["sample", saved / "conditional_gan"], "`label`"),
        (["sample", saved / "conditional_gan", "--label", 3], "`label`"),
        (["sample", saved / "gan", "--count", 0], "`count`"),
    ):
        assert status(*words, *output) == 2
        assert reason in capsys.readouterr().err
    assert status("sample") == 2 and status("paint") == 2
    monkeypatch.setitem(sys.modules, "nicegui", None)
    assert status("explore", saved / "gan") == 1
    assert "keras_gen[explore]" in capsys.readouterr().err
    assert not (tmp_path / "grid.png").exists()


@pytest.mark.parametrize("name, classes", [("gan", None), ("conditional_gan", 3)])
def test_a_keras_file_and_its_export_give_the_same_pictures(saved, name, classes):
    pictures = []
    for path in (saved / f"{name}.keras", saved / name):
        studio = Studio(opened(path))
        assert studio.model.num_classes == classes
        pictures.append(studio.picture(studio.start))
    assert pictures[0].shape == (8, 8, 1)
    np.testing.assert_allclose(*(each.astype(int) for each in pictures), atol=1)
