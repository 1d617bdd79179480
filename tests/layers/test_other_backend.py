"""The layers use keras.ops only, so they give the same numbers on every backend."""

import ast
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALL_EVERY_LAYER = """
import sys
import keras
import numpy as np
from keras_gen import layers

generator = np.random.default_rng(0)
images = generator.normal(size=(6, 4, 4, 3)).astype("float32")
vectors = generator.normal(size=(6, 5)).astype("float32")

def call(layer, inputs):
    is_list = isinstance(inputs, list)
    layer.build([x.shape for x in inputs] if is_list else inputs.shape)
    fixed = np.random.default_rng(1)
    for weight in layer.weights:
        weight.assign(fixed.uniform(size=weight.shape))
    outputs = keras.ops.convert_to_numpy(layer(inputs))
    symbolic = [keras.KerasTensor(x.shape) for x in inputs] if is_list else keras.KerasTensor(
        inputs.shape)
    assert tuple(layer(symbolic).shape) == outputs.shape, layer
    return outputs

encode = keras.layers.Dense(5)
encode.build((None, 3))
results = {
    "adain": call(layers.AdaIN(), [images, images[::-1, :3, 1:] ** 2]),
    "blur": call(layers.Blur2D(), images),
    "constant": call(layers.LearnedConstant((2, 2, 3)), vectors),
    "conv": call(layers.EqualizedConv2D(2, 3, strides=2), images),
    "dense": call(layers.EqualizedDense(2), vectors),
    "fade": call(layers.FadeIn(), [images, 2 * images, np.float32(0.25)]),
    "fade per sample": call(layers.FadeIn(), [images, 2 * images, np.abs(vectors[:, :1])]),
    "masked conv": call(layers.MaskedConv2D(2, 3, dilation_rate=2), images),
    "masked dense": call(layers.MaskedDense([0, 1, 2, 3, 4], [0, 2, 4]), vectors),
    "reversal": call(layers.GradientReversal(), images),
    "discrimination": call(layers.MinibatchDiscrimination(3, 2), vectors),
    "stddev": call(layers.MinibatchStdDev(), images),
    "stddev of all": call(layers.MinibatchStdDev(None, axis=(0, -1)), images),
    "noise": call(layers.NoiseInjection(), [images, images[..., :1]]),
    "stored noise": call(layers.NoiseInjection(), images),
    "norm": call(layers.PixelNorm(), images),
    "affine": layers.RandomAffine(9, 0.1, 1, 0.2, 0.1).redrawn(images, *vectors.T[[0, 1, 2, 3]]),
    "paste": layers.RandomPaste(4).pasted(images, images[::-1], *np.abs(vectors.T[:3])),
    "padding": call(layers.ReflectionPadding2D(2), images),
    "style": call(layers.StyleModulation(), [images, vectors]),
    "tied": call(layers.TiedDense(encode), vectors),
}
alpha = keras.Variable(0.25)  # of whoever owns the schedule
np.testing.assert_allclose(layers.FadeIn()([images, 2 * images, alpha]), results["fade"])
noisy = layers.NoiseInjection()
noisy.build(images.shape)
noisy.strength.assign(np.ones(3))
assert np.ptp(keras.ops.convert_to_numpy(noisy(images, training=True)) - images) > 1
assert call(layers.Sampling(), [vectors, vectors]).shape == vectors.shape
np.savez(sys.argv[1], **results)
"""


def results_of(backend, folder):
    path = folder / f"{backend}.npz"
    search = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": search}
    run = subprocess.run(
        [sys.executable, "-c", CALL_EVERY_LAYER, str(path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if "ModuleNotFoundError" in run.stderr and "keras_gen" not in run.stderr.splitlines()[-1]:
        pytest.skip(f"the {backend} backend cannot start: {run.stderr.splitlines()[-1]}")
    assert run.returncode == 0, run.stderr
    with np.load(path) as file:
        return dict(file)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_every_layer_gives_the_numbers_of_tensorflow(backend, tmp_path):
    results = results_of(backend, tmp_path)
    for name, expected in results_of("tensorflow", tmp_path).items():
        np.testing.assert_allclose(
            results[name], expected, rtol=1e-4, atol=1e-5, err_msg=f"{name} on {backend}"
        )


def test_no_layer_imports_a_backend():
    for path in sorted((ROOT / "keras_gen" / "layers").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            backends = {name.split(".")[0] for name in names} & {"tensorflow", "jax", "torch"}
            assert not backends, path.name
