"""What every public call refuses, and what it takes: generated from tables of kinds of arguments.

A refusal is a `ValueError` or `TypeError` that names the argument, raised before anything moved.
"""

import functools
import pathlib

import keras
import numpy as np
import pytest
import small_models
import tensorflow as tf

from keras_gen import (
    callbacks,
    data,
    layers,
    losses,
    metrics,
    models,
    networks,
    plotting,
    saved_models,
)
from keras_gen.optimizers import ConstantThenLinear
from keras_gen.state import training_state

X = small_models.images(4)
UNIT = (X + 1) / 2
BINARY = np.float32(X > 0)
RGB = np.repeat(X, 3, axis=-1)

# Kinds of arguments: what is none of the kind.
COUNT = [0, -1, 2.0, "3", None, True, float("nan"), 2**40, [2]]
METRIC = metrics.SlicedWasserstein((-1, 1))
SIZE = [0, -1, 2.0, "3", None, True]
STEPS = [-1, 2.0, "3", None, True, 2**40]
SEED = [2**32 + 7, -(2**40), 1.5, "7", True, float("nan")]
POSITIVE = [0, -1.0, "1", float("nan"), float("inf"), True]
RATE = [-0.1, 1.0, 2, "0.5", float("nan"), None]
EPSILON = [-0.1, 5.0, "0.1", float("nan"), True]
LABELS = [[3, 0], [0, -1], [0.0, 1.0], np.eye(3, dtype=int)[:2], [], "1", [True, False], [0, 1, 2]]
SHAPE = [(0, 8, 1), (-1, 8, 1), (8, 8.0, 1), "8", None, ()]
WIDTHS = [[0], [-1], [2.0], "8", None, 8]
RANGE = [(1, 0), (0, 0), (0, float("inf")), "01", 1, (0, 1, 2)]
CODES = [
    np.zeros((2, 4)),
    np.zeros(3),
    np.full((2, 3), np.nan),
    np.full((2, 3), np.inf),
    "codes",
    None,
    {"a": 1},
]


def _bad_batches(x, value_range):
    """Arrays that are no batch of examples like x in a range."""
    high = np.float32(value_range[1])
    nan, infinite = x.copy(), x.copy()
    nan.flat[0], infinite.flat[-1] = np.nan, np.inf
    return {
        "raw": x * 255,
        "above": np.full_like(x, high + 1),
        "uint8": (x > 0).astype("uint8"),
        "nan": nan,
        "infinite": infinite,
        "one": x[0],
        "turned": np.zeros((2, *x.shape[1:], 2), "float32"),
        "empty": x[:0],
        "text": "x",
        "nothing": None,
    }


@functools.cache
def built(name):
    """A small model; every test shares it, because what is refused moves nothing."""
    keras.utils.set_random_seed(7)
    return small_models.ALL[name]()


@functools.cache
def rest(name):
    return {
        "machine": lambda: layers.RBM(6, seed=1),
        "classifier": lambda: built("adversarial_training").classifier,
        "extractor": lambda: metrics.LeNetExtractor(
            networks.lenet((8, 8, 1), 3, (2,), (4,), kernel_size=3)
        ),
    }[name]()


def _call(name, method, **kwargs):
    def call(**given):
        return getattr(built(name), method)(**kwargs | given)

    call.model, call.__qualname__ = name, f"{name}.{method}"
    return call


def use_rows():
    """(call, argument, bad values) of everything after training."""
    yield _call("stylegan", "generate", count=2), "truncation", ["1", True, float("nan")]
    for name in ("gan", "replay_gan", "wgan", "stylegan", "vae"):
        yield _call(name, "generate", count=2), "count", COUNT
        yield _call(name, "generate", count=2), "seed", SEED
        yield _call(name, "generate", count=2), "batch_size", SIZE
    yield _call("gan", "generate", count=2), "labels", [0, [0, 1]]
    yield _call("conditional_gan", "generate", count=2), "labels", [*LABELS[:-1], None]
    yield _call("conditional_gan", "generate", labels=1), "count", COUNT
    yield _call("conditional_gan", "generate", labels=[0, 1, 2]), "count", [2, 4]
    bad = list(_bad_batches(X, (-1, 1)).values())
    for name, method, argument in (
        ("pix2pix", "translate", "source"),
        ("cycle_gan", "translate", "x"),
        ("cycle_gan", "translate_back", "y"),
        ("cycle_gan", "cycle", "x"),
    ):
        yield _call(name, method), argument, bad
        yield _call(name, method, **{argument: X}), "batch_size", SIZE
    yield _call("pix2pix", "translate", source=X), "seed", SEED
    for name in ("made", "pixel_cnn"):
        x = BINARY
        yield _call(name, "generate", count=2), "count", COUNT
        yield _call(name, "generate", count=2), "seed", SEED
        yield _call(name, "log_prob"), "images", list(_bad_batches(x, (0, 1)).values())
        yield _call(name, "log_prob"), "images", [UNIT]
        yield _call(name, "log_prob", images=x), "batch_size", SIZE
        masks = [x[0], np.ones((8, 8), bool), np.ones((3, *x.shape[1:]), bool), None]
        yield _call(name, "complete", images=x), "mask", masks
    for name in small_models.MACHINES:
        for method in ("transform", "reconstruct"):
            yield _call(name, method), "x", list(_bad_batches(UNIT, (0, 1)).values())
        yield _call(name, "transform", x=UNIT), "batch_size", SIZE
        yield _call(name, "generate", count=2), "count", COUNT
        yield _call(name, "generate", count=2, gibbs_steps=2), "seed", SEED
        yield _call(name, "generate", count=2), "gibbs_steps", STEPS
    for name in ("rbm", "deep_belief_network", "caption_machine"):
        yield _call(name, "free_energy"), "x", list(_bad_batches(UNIT, (0, 1)).values())
        yield _call(name, "burn_in"), "gibbs_steps", STEPS
        yield _call(name, "burn_in", gibbs_steps=1), "seed", SEED
    yield _call("boltzmann_machine", "generate", count=2), "temperature", POSITIVE
    bad = list(_bad_batches(UNIT, (0, 1)).values())
    yield _call("deep_boltzmann_machine", "variational_bound", log_z=0.0), "x", bad
    yield _call("deep_boltzmann_machine", "base_probabilities"), "x", bad
    bound = _call("deep_boltzmann_machine", "variational_bound", x=UNIT)
    yield bound, "log_z", ["0", None, float("nan"), [0.0, 1.0]]
    yield _call("deep_belief_network", "generate", gibbs_steps=2), "labels", LABELS[:-1]
    labeled = _call("deep_belief_network", "generate", labels=[0, 1], gibbs_steps=2)
    yield labeled, "guidance", POSITIVE
    yield labeled, "seed", SEED
    yield _call("deep_belief_network", "classify"), "x", bad
    yield _call("deep_belief_network", "to_encoder"), "dropout", RATE
    yield _call("caption_machine", "describe"), "x", bad
    captions = [np.eye(4), np.full((2, 3), 2.0), np.full((2, 3), np.nan), "red", None]
    yield _call("caption_machine", "illustrate", gibbs_steps=2), "captions", captions
    for name in ("autoencoder", "convolutional_autoencoder", "vae"):
        for method in ("encode", "reconstruct"):
            yield _call(name, method), "x", list(_bad_batches(X, (-1, 1)).values())
        yield _call(name, "encode", x=X), "batch_size", SIZE
        yield _call(name, "decode"), "codes", CODES
        for end, other in (("start", "end"), ("end", "start")):
            values = [X, X[0, 0], X[0] * 255, X[0] * np.nan, "x", None]
            yield _call(name, "interpolate", **{other: X[0]}), end, values
        yield _call(name, "interpolate", start=X[0], end=X[1]), "steps", [1, *COUNT[:6]]
    for name in ("domain_adversarial", "adversarial_training", "semi_supervised_gan"):
        yield _call(name, "classify"), "images", list(_bad_batches(X, (-1, 1)).values())
        yield _call(name, "classify", images=X), "batch_size", SIZE
    write = _call("character_model", "generate", prompt="ab")
    yield _call("character_model", "generate"), "prompt", ["", None, 3, ["a"]]
    yield write, "length", COUNT
    yield write, "temperature", POSITIVE
    yield write, "seed", SEED
    yield from attack_rows()


def attack_rows():
    def attack(**given):
        default = {"model": rest("classifier"), "images": X, "labels": [0, 1, 2, 0]}
        default |= {"epsilon": 0.1, "value_range": (-1, 1)}
        return models.adversarial_examples(**default | given)

    yield attack, "images", list(_bad_batches(X, (-1, 1)).values())
    yield attack, "labels", LABELS
    yield attack, "epsilon", EPSILON
    yield attack, "value_range", RANGE
    yield attack, "steps", SIZE
    yield attack, "batch_size", SIZE
    yield attack, "model", [None, "model", 3]


def network_rows():
    """(call, argument, bad values) of the builders of networks."""
    calls = {
        networks.mlp: {"input_shape": 4, "units": [4], "output_shape": 2},
        networks.mlp_encoder: {"input_shape": 4, "units": [4], "latent_dim": 2},
        networks.mlp_decoder: {"latent_dim": 2, "units": [4], "output_shape": 4},
        networks.gaussian_encoder: {"input_shape": 4, "units": [4], "latent_dim": 2},
        networks.convolutional_encoder: {"image_shape": (8, 8, 1), "filters": [2], "latent_dim": 2},
        networks.convolutional_decoder: {"latent_dim": 2, "filters": [2], "image_shape": (8, 8, 1)},
        networks.recurrent_encoder: {"sequence_shape": (3, 2), "units": [2], "latent_dim": 2},
        networks.recurrent_decoder: {"latent_dim": 2, "units": [2], "sequence_shape": (3, 2)},
        networks.recurrent_tagger: {"sequence_shape": (3, 2), "units": [2], "outputs": 2},
        networks.lenet: {"image_shape": (16, 16, 1), "num_classes": 3},
        networks.feature_extractor: {"image_shape": (20, 20, 1)},
        networks.noisy_classifier: {"image_shape": (8, 8, 1), "num_classes": 3},
        networks.dcgan_generator: {"image_shape": (8, 8, 1), "latent_dim": 2},
        networks.dcgan_discriminator: {"image_shape": (8, 8, 1)},
        networks.unet: {"source_shape": (8, 8, 1), "filters": 2},
        networks.patchgan: {"image_shape": (8, 8, 1), "filters": 2},
        networks.resnet_translator: {"source_shape": (8, 8, 1), "filters": 2},
    }
    of_one_number = (networks.unet, networks.patchgan, networks.resnet_translator)
    for builder, arguments in calls.items():
        for name in arguments:
            kind = SHAPE if name.endswith("shape") else WIDTHS if name == "units" else SIZE
            if name == "filters" and builder not in of_one_number:
                kind = WIDTHS
            yield functools.partial(builder, **arguments), name, kind
        if builder in (networks.lenet, networks.dcgan_discriminator):
            yield functools.partial(builder, **arguments), "dropout", RATE
            yield functools.partial(builder, **arguments), "kernel_size", SIZE[:4]
    yield functools.partial(networks.unet, (8, 8, 1)), "depth", [*SIZE[:4], 20]
    yield functools.partial(networks.unet, (8, 8, 1)), "dropout", RATE
    yield functools.partial(networks.patchgan, (8, 8, 1)), "layers", [*STEPS[:3], 2]
    yield functools.partial(networks.resnet_translator, (8, 8, 1)), "blocks", STEPS[:3]


def training_rows():
    """(call, argument, bad values) of `fit`, `evaluate` and `train_on_batch`."""
    trained = ("gan", "pix2pix", "cycle_gan", "vae", "rbm", "made", "autoencoder")
    for name in (*trained, "adversarial_training"):
        x, y = small_models.data_of(name, 4)
        value_range = built(name).value_range
        options = {} if y is None or name not in small_models.LABELED else {"y": y}
        for method, further in (("fit", {"verbose": 0}), ("evaluate", {"verbose": 0})):
            bad = _bad_batches(x, value_range)
            values = [bad[k] for k in ("above", "uint8", "nan", "one", "empty")]
            yield _call(name, method, **options, **further), "x", values
        yield _call(name, "train_on_batch", **options), "x", [x * np.nan, x[0], None]
    x, y = small_models.data_of("conditional_gan", 4)
    yield _call("conditional_gan", "fit", x=x, verbose=0), "y", [*LABELS[2:4], y + 3, y[:2], None]
    weights = [np.ones(3), -np.ones(4), np.full(4, np.nan), np.ones((4, 2))]
    yield _call("gan", "fit", x=x, verbose=0), "sample_weight", weights


def construction_rows():
    """(call, argument, bad values) of models, layers, losses, metrics and callbacks."""
    rbm = functools.partial(models.RestrictedBoltzmannMachine, example_shape=4)
    yield rbm, "rbm", [None, 3, "rbm"]
    given = functools.partial(rbm, rbm=rest("machine"))
    yield given, "steps", SIZE
    yield given, "particles", SIZE[:4]
    machine = functools.partial(models.BoltzmannMachine, example_shape=4)
    yield machine, "temperature", POSITIVE
    for name in ("gibbs_steps", "particles"):
        yield machine, name, SIZE
        yield functools.partial(models.DeepBoltzmannMachine, (3, 2), 4), name, SIZE
    yield functools.partial(models.MADE, (2, 2, 1)), "levels", [1, *SIZE]
    yield functools.partial(models.PixelCNN, (2, 2, 1)), "filters", [3, *SIZE]
    for layer in (layers.RBM, layers.GaussianRBM):
        yield layer, "units", SIZE
    yield losses.Gaussian, "stddev", POSITIVE[:2]
    for measure in (metrics.FrechetDistance, metrics.InceptionScore, metrics.KernelDistance):
        yield functools.partial(measure, rest("extractor")), "value_range", RANGE[:3]


def function_rows():
    """(call, argument, bad values) of data, plotting, evaluation and saved models."""
    yield data.Alphabet, "characters", ["", "aa"]
    yield functools.partial(data.windows, np.arange(9)), "steps", SIZE[:3]
    yield functools.partial(data.batches, X), "batch_size", SIZE[:4]
    yield functools.partial(data.few_per_class, np.arange(4) % 2, seed=1), "count", SIZE[:2]
    for name in ("count", "side"):
        yield (
            functools.partial(data.toy.grid, **({} if name == "count" else {"count": 4})),
            name,
            [
                0,
                -1,
                2.0,
            ],
        )
    yield data.load, "name", ["no such data"]
    yield functools.partial(plotting.montage, X), "value_range", RANGE[:3]
    yield saved_models.load, "name", ["no such model"]
    yield saved_models.read_card, "name", ["no such model"]
    yield functools.partial(callbacks.Resume, "state"), "every", SIZE[:3]


def other_rows():
    """(call, argument, bad values) of compilation, callbacks, losses and metrics."""
    optimizers = {"generator_optimizer": "adam", "discriminator_optimizer": "adam"}
    game = _call("wgan_gp", "compile", **optimizers)
    yield game, "discriminator_steps", SIZE[:4]
    yield game, "loss", ["binary_crossentropy", 3]
    yield game, "penalty", ["r1", 3]
    yield _call("tied_autoencoder", "compile"), "optimizer", [3, "no such optimizer"]
    yield functools.partial(callbacks.SampleGrid, "grids"), "count", SIZE[:3]
    yield functools.partial(callbacks.SampleGrid, "grids"), "every", SIZE[:3]
    yield functools.partial(callbacks.SampleGrid, "grids"), "seed", SEED[2:4]
    yield functools.partial(callbacks.FilmStrip, "film.png"), "count", SIZE[:3]
    yield functools.partial(callbacks.FilmStrip, "film.png"), "seed", SEED[2:4]
    yield callbacks.CollapseMonitor, "real", [X[:1], "x", X * np.nan]
    yield functools.partial(callbacks.GenerativeMetrics, [METRIC], X), "every", SIZE[:3]
    yield losses.GradientPenalty, "weight", [-1.0, "1", float("nan")]
    yield losses.LeastSquares, "label_smoothing", [-0.1, 1.5, "0.1"]
    rate = {"initial_learning_rate": 1.0, "constant_steps": 0, "decay_steps": 1}
    rate = functools.partial(ConstantThenLinear, **rate)
    yield rate, "initial_learning_rate", POSITIVE
    yield rate, "constant_steps", STEPS[:3]
    yield rate, "decay_steps", SIZE
    yield layers.PermanentDropout, "rate", RATE
    yield losses.NonSaturating, "label_smoothing", [-0.1, 1.5, "0.1"]
    for name, values in (("rotation", [-1.0, "1"]), ("zoom", [-1.0, "1"])):
        yield layers.RandomAffine, name, values
    yield layers.MinibatchStdDev, "group_size", SIZE[:4]
    yield layers.MinibatchDiscrimination, "kernels", SIZE
    yield layers.ReflectionPadding2D, "padding", [-1, 1.5, "1"]
    yield layers.PixelNorm, "epsilon", [-1.0, "1"]
    given = functools.partial(metrics.KernelDistance, rest("extractor"), (-1, 1))
    yield given, "subsets", SIZE[:3]
    yield functools.partial(metrics.nearest_neighbours, X, X), "count", SIZE[:3]
    yield functools.partial(metrics.inception_score, np.full((4, 2), 0.5)), "splits", SIZE[:3]
    yield functools.partial(data.load, "digits"), "value_range", RANGE[:3]


def _named(call):
    inner = getattr(call, "func", call)
    return getattr(inner, "__qualname__", str(inner)).split(".<locals>")[0]


def _parameters(rows):
    for call, argument, values in rows:
        for value in values:
            shown = "x".join(map(str, value.shape)) if hasattr(value, "shape") else repr(value)[:20]
            yield pytest.param(call, argument, value, id=f"{_named(call)}-{argument}-{shown}")


ROWS = [
    *use_rows(),
    *network_rows(),
    *training_rows(),
    *construction_rows(),
    *function_rows(),
    *other_rows(),
]


def _state(call):
    """All that a call could move of a model: weights, statistics, optimizers, random numbers."""
    if not isinstance(getattr(call, "model", None), str):
        return []
    return [np.array(each) for each in training_state(built(call.model)).values()]


@pytest.mark.parametrize(("call", "argument", "value"), list(_parameters(ROWS)))
def test_a_bad_argument_is_named_before_anything_moves(call, argument, value):
    before = _state(call)
    with pytest.raises((ValueError, TypeError)) as caught:
        call(**{argument: value})
    message = str(caught.value)
    assert f"argument `{argument}`" in message
    assert "Received: " in message
    assert all(np.array_equal(*pair, equal_nan=True) for pair in zip(before, _state(call)))


def test_the_battery_is_large():
    assert sum(len(values) for _, _, values in ROWS) >= 300


# Legitimate variations: what every kind of argument may be given as.

ARRAY = {
    "float64": lambda x: x.astype("float64"),
    "float16": lambda x: x.astype("float16"),
    "tensor": tf.constant,
    "variable": tf.Variable,
    "keras variable": keras.Variable,
    "transposed memory": np.asfortranarray,
    "read-only": lambda x: np.broadcast_to(x, x.shape),
}
INTEGER = {"int64": np.int64, "uint8": np.uint8, "int32": np.int32}
NUMBER = {"float32": np.float32, "float64": np.float64, "int": lambda x: int(np.ceil(x))}
CLASSES = {
    "uint8": lambda y: np.array(y, "uint8"),
    "int64": lambda y: np.array(y, "int64"),
    "column": lambda y: np.array(y)[:, None],
    "tensor": tf.constant,
    "list": list,
}
PATH = {"str": str, "Path": pathlib.Path}


def legitimate_rows():
    """(call, argument, plain value, ways to give it)."""
    batches = [
        ("cycle_gan", "translate_back", "y", X),
        ("vae", "encode", "x", X),
        ("autoencoder", "reconstruct", "x", X),
        ("vae", "decode", "codes", np.ones((2, 3), "float32")),
        ("rbm", "transform", "x", UNIT),
        ("rbm", "free_energy", "x", UNIT),
        ("made", "log_prob", "images", BINARY),
        ("adversarial_training", "classify", "images", X),
        ("semi_supervised_gan", "classify", "images", X),
        ("caption_machine", "describe", "x", UNIT),
        ("deep_belief_network", "classify", "x", UNIT),
    ]
    for name, method, argument, x in batches:
        yield _call(name, method), argument, x, ARRAY
    yield _call("pix2pix", "translate", seed=1), "source", X, ARRAY
    yield _call("pix2pix", "translate", source=X), "seed", 7, INTEGER
    for name in ("gan", "vae", "rbm", "made"):
        yield _call(name, "generate", seed=1), "count", 3, INTEGER
        yield _call(name, "generate", count=2), "seed", 7, INTEGER
    yield _call("rbm", "generate", count=2, seed=1), "gibbs_steps", 3, INTEGER
    yield _call("gan", "generate", count=2, seed=1), "batch_size", 2, INTEGER
    yield _call("gan", "generate", count=2), "seed", -(2**31), {"int": int}
    yield _call("conditional_gan", "generate", seed=1), "labels", [0, 2, 1], CLASSES
    options = {"seed": 1, "gibbs_steps": 2}
    yield _call("deep_belief_network", "generate", **options), "labels", [0, 2, 1], CLASSES
    write = _call("character_model", "generate", prompt="ab", length=5, seed=1)
    yield write, "temperature", 1.0, NUMBER
    yield write, "length", 5, INTEGER
    attack = {"model": rest("classifier"), "images": X, "epsilon": 1, "value_range": (-1, 1)}
    attack = functools.partial(models.adversarial_examples, **attack)
    yield attack, "labels", [0, 1, 2, 0], CLASSES
    yield functools.partial(attack, labels=[0, 1, 2, 0]), "epsilon", 1.0, NUMBER
    captions = np.eye(3, dtype="float32")
    ways = {"uint8": lambda x: x.astype("uint8"), "list": lambda x: x.tolist(), **ARRAY}
    yield _call("caption_machine", "illustrate", **options), "captions", captions, ways
    units = {"tuple": tuple, "array": np.array, "numpy": lambda x: [np.int64(n) for n in x]}
    yield functools.partial(_outputs, networks.mlp, 4, output_shape=2), "units", [3, 2], units


def _outputs(builder, *args, **kwargs):
    return builder(*args, **kwargs).count_params()


WAYS = [
    pytest.param(call, argument, value, way, id=f"{_named(call)}-{argument}-{name}")
    for call, argument, value, ways in legitimate_rows()
    for name, way in ways.items()
]


@pytest.mark.filterwarnings("ignore:.*no value below 0")
@pytest.mark.parametrize(("call", "argument", "value", "way"), WAYS)
def test_a_legitimate_variation_gives_the_same(call, argument, value, way):
    given, plain = call(**{argument: way(value)}), call(**{argument: value})
    if isinstance(plain, (str, int)):
        assert given == plain
    else:
        np.testing.assert_allclose(given, plain, rtol=1e-2, atol=5e-3)


@pytest.mark.parametrize("kind", PATH)
def test_a_path_may_be_of_either_kind(kind, tmp_path):
    vae, way = built("vae"), PATH[kind]
    vae.save(way(tmp_path / "vae.keras"))
    saved_models.load_keras(way(tmp_path / "vae.keras"))
    plotting.image_grid(X, way(tmp_path / "grid.png"), value_range=(-1, 1))
    callbacks.SampleGrid(way(tmp_path / "grids"), count=4)
    callbacks.Resume(way(tmp_path / "state"))
    saved_models.load(saved_models.available()[0], way(saved_models.FOLDER))


def test_the_variations_are_many():
    assert len(WAYS) >= 60
