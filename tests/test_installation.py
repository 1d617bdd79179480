"""The wheel: what it holds and what runs when nothing but it is installed."""

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCE = ("setup.cfg", "setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE")
USE = """
import pathlib, numpy as np, keras_gen
from keras_gen import data, evaluation, models, networks, saved_models

assert "site-packages" in keras_gen.__file__, keras_gen.__file__
print(saved_models.available())
print(evaluation.shipped_extractor("digits").name)
images = data.arrays(data.load("digits", "test"))
generator = networks.mlp(2, [4], (8, 8, 1), output_activation="tanh")
gan = models.GAN(generator, networks.mlp((8, 8, 1), [4], 1))
saved_models.export(gan, "exported")
result = evaluation.evaluate("exported", "digits", count=50, verbose=False)
print(result.generated["fid_lenet_mnist_50"] > 0)
try:
    saved_models.load("dcgan_mnist")
except ValueError as error:
    print(error)
"""


def run(*command, **options):
    return subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=300, **options
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy of the source, with the build tools of this environment."""
    for tool in ("setuptools", "wheel", "pip"):
        pytest.importorskip(tool, reason="a wheel is built without network only if it is here")
    if not (ROOT / "setup.py").is_file():
        pytest.skip("these tests lie beside an installed package, not in the source")
    source = tmp_path_factory.mktemp("source")
    for name in SOURCE:
        shutil.copy(ROOT / name, source)
    without = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("keras_gen", "saved_models"):
        shutil.copytree(ROOT / name, source / name, ignore=without)
    target = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation"]
    built = run(*build, "--no-index", "-w", target, cwd=source)
    assert built.returncode == 0, built.stderr
    return next(target.glob("keras_gen-*.whl"))


def test_the_wheel_holds_the_library_and_the_classifiers_it_measures_by(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    modules = {each.relative_to(ROOT).as_posix() for each in (ROOT / "keras_gen").rglob("*.py")}
    assert modules <= set(names)
    models = {name.split("/")[2] for name in names if name.startswith("keras_gen/shipped_models/")}
    assert models == {"lenet_mnist", "lenet_fashion_mnist", "lenet_glyphs"}
    for model in models:
        for path in (ROOT / "saved_models" / model).rglob("*"):
            inside = path.relative_to(ROOT / "saved_models").as_posix()
            assert path.is_dir() or f"keras_gen/shipped_models/{inside}" in names
    others = [name for name in names if not name.startswith(("keras_gen/", "keras_gen-"))]
    assert not others
    assert wheel.stat().st_size < 10_000_000


def test_the_metadata_names_the_extras(wheel):
    archive = zipfile.ZipFile(wheel)
    name = next(name for name in archive.namelist() if name.endswith("METADATA"))
    text = archive.read(name).decode()
    for line in (
        "License :: OSI Approved :: Apache Software License",
        "Provides-Extra: tensorboard",
        "Provides-Extra: chapters",
        "Requires-Dist: tqdm",
    ):
        assert line in text


def test_the_installed_wheel_measures_and_says_where_the_other_models_are(wheel, tmp_path):
    venv.create(tmp_path / "fresh", with_pip=False)
    python = tmp_path / "fresh" / ("Scripts" if os.name == "nt" else "bin") / "python"
    fresh = next((tmp_path / "fresh").rglob("site-packages"))
    (fresh / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    install = [sys.executable, "-m", "pip", "install", wheel, "--no-deps", "--no-index"]
    installed = run(*install, "--target", fresh)
    assert installed.returncode == 0, installed.stderr
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    used = run(python, "-c", USE, cwd=tmp_path, env={**environment, "TF_CPP_MIN_LOG_LEVEL": "3"})
    assert used.returncode == 0, used.stderr
    names, extractor, measured, error = used.stdout.splitlines()
    assert names == "['lenet_fashion_mnist', 'lenet_glyphs', 'lenet_mnist']"
    assert (extractor, measured) == ("lenet_mnist", "True")
    assert "argument `name`" in error and "folder `saved_models` of the source" in error
    assert "Received: name=dcgan_mnist" in error
