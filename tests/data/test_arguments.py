"""Every argument of every public function of data: bad values are named, legitimate ones work."""

import inspect
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen import data
from keras_gen.data import captions, glyphs, lab, palettes, rules, sequences, toy

NAN = float("nan")
INF = float("inf")
IMAGES = np.linspace(0, 1, 6 * 4 * 4, dtype="float32").reshape(6, 4, 4, 1)
COLOUR = np.resize(IMAGES, (6, 4, 4, 3))
LABELS = np.array([0, 1, 2, 0, 1, 2])
NO_COLOURS = [COLOUR.astype("int32"), [np.zeros((2, 2)), np.zeros((3, 2))]]
SEED = (1, 2)
DICTIONARY = {"image": IMAGES, "label": LABELS}
DICTIONARIES = tf.data.Dataset.from_tensor_slices(DICTIONARY)
RAGGED = [np.zeros((2, 2)), np.zeros((3, 2))]


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        raise AssertionError("it was looked at")


def generator():
    raise AssertionError("it was looked at")
    yield


NO_COUNTS = [0, -1, 2.0, 1.5, True, None, "3", NAN, [2]]
NO_SIZES = [0, -4, 2.5, True, "4", (4, 4, 4), (4,), (0, 4), (4, None), NAN]
NO_SEEDS = [-1, 1.5, True, "7", NAN, 2**63, [1]]  # and None, where a seed is needed
NO_SEED_PAIRS = [3, None, "ab", (1.0, 2.0), (1, 2, 3), [[1, 2]], True]
NO_RANGES = [(1, 0), (0, 0), (0, INF), (NAN, 1), 1.0, None, (0, 1, 2), "ab", ()]
NO_SWITCHES = [None, "yes", 1, 0.0, NAN, [True]]
NO_FUNCTIONS = [3, "flipped", IMAGES, [data.flipped], True]
NO_DATA = [None, 3.0, "digits", NAN, (), [], IMAGES[:0], RAGGED, DICTIONARY, DICTIONARIES]
NO_DATA += [Batches(), generator(), {1, 2}, IMAGES * NAN, True]
NO_IMAGES = [None, "images", 3.0, True, IMAGES[0], IMAGES.astype("int32"), IMAGES > 0, RAGGED]
NO_LABELS = [None, 3, "abc", LABELS / 1, LABELS > 0, LABELS - 1, np.eye(6, dtype=int), RAGGED]
NO_LABELS += [LABELS[:0], LABELS * NAN, ["a"] * 6]
NO_PALETTES = [None, 3, "ab", [1, 2], [(0, 0, 256)], [(0, -1, 0)], [(NAN, 0, 0)], RAGGED, []]
NO_FOLDERS = [None, 3, "", "no such folder", b"bytes", ["a"], True, pathlib.Path("no/such")]
NO_CHARACTERS = [None, 7, "", "a", "7 ", "\u0667", [7], [["7"]], ["7A"], b"7", NAN, {"7"}, True]
NO_FONTS = [None, 3, "", "cmr10", [], ["Arial"], ["cmr10 sans"], [1], b"cmr10", [["cmr10"]], True]
STYLE = glyphs.variations(2, seed=1)
NO_NUMBERS = [NAN, INF, None, "1", True, [1.0]]
NO_SPLITS = [None, 3, "", "extra", "train[", "train[1.5:]", "train[:200%]", "train[5:5]", ["train"]]

BATCHES = {
    "batch_size": [*NO_COUNTS, 7],
    "seed": NO_SEEDS,
    "shuffle": NO_SWITCHES,
    "cache": NO_SWITCHES,
    "drop_remainder": NO_SWITCHES,
    "augment": NO_FUNCTIONS,
    "transform": NO_FUNCTIONS,
}
WITHOUT_TRANSFORM = {name: bad for name, bad in BATCHES.items() if name != "transform"}
WITHOUT_SHUFFLE = {name: bad for name, bad in BATCHES.items() if name != "shuffle"}
LOAD = {
    "split": NO_SPLITS,
    "image_size": NO_SIZES,
    "value_range": NO_RANGES,
    "background": [2, -1, NAN, None, "white", True, (1, 1), {}],
}

# A function, arguments that are right, and for each argument values that are wrong.
CALLS = [
    (
        data.arrays,
        {"dataset": tf.data.Dataset.range(3)},
        {"dataset": [IMAGES, DICTIONARY, *(bad for bad in NO_DATA if bad is not DICTIONARIES)]},
    ),
    (data.batches, {"dataset": IMAGES, "batch_size": 2}, {"dataset": NO_DATA, **BATCHES}),
    (
        data.load,
        {"name": "digits"},
        {
            "name": [None, 3, "", "no such data", "no/such", b"digits", ["digits"], True],
            "labels": NO_SWITCHES,
            "class_names": ["ab", ["a"], 3, [1], (), ["a", "a"], NAN, True],
            **LOAD,
        },
    ),
    (data.class_names, {"name": "digits"}, {"name": NO_FOLDERS}),
    (data.left_half, {"folder": "."}, {"folder": [*NO_FOLDERS, __file__]}),
    (data.right_half, {"folder": "."}, {"folder": [*NO_FOLDERS, __file__]}),
    (
        data.by_group,
        {"folder": ".", "pattern": "(.*)"},
        {
            "folder": [*NO_FOLDERS, __file__],
            "pattern": [None, 3, b"(a)", "a", "(a)(b)", "(", NAN, True, ["(a)"]],
        },
    ),
    (data.by_name, {"folder": "."}, {"folder": [*NO_FOLDERS, __file__]}),
    (
        data.load_pairs,
        {"x": "digits", "rule": rules.grey},
        {
            "rule": [None, 3, "grey", IMAGES, True, [rules.grey], NAN, lambda image: image[0]],
            "x_range": [bad for bad in NO_RANGES if bad is not None],
            **LOAD,
        },
    ),
    (
        lambda **given: data.load_pairs(**given),
        {"x": data.left_half(pathlib.Path(__file__).parent), "y": "."},
        {"x": NO_FOLDERS},
    ),
    (
        data.unpaired,
        {"x": IMAGES, "y": COLOUR, "batch_size": 2},
        {"x": [*NO_DATA, (IMAGES, LABELS)], "y": [*NO_DATA, (IMAGES, LABELS)], **WITHOUT_SHUFFLE},
    ),
    (
        data.domain_pairs,
        {"source": IMAGES, "labels": LABELS, "target": IMAGES, "batch_size": 2},
        {
            "source": [*NO_DATA, COLOUR, (IMAGES, LABELS), IMAGES.astype("uint8")],
            "labels": [*NO_LABELS, LABELS[:5]],
            "target": [*NO_DATA[:-2], (IMAGES, LABELS)],
            **WITHOUT_TRANSFORM,
        },
    ),
    (
        data.partly_labeled,
        {
            "images": IMAGES,
            "labeled_images": IMAGES,
            "labels": LABELS,
            "batch_size": 2,
            "labeled_size": 2,
        },
        {
            "images": [*NO_DATA[:-2], (IMAGES, LABELS)],
            "labeled_images": [*NO_DATA, COLOUR, (IMAGES, LABELS), IMAGES.astype("uint8")],
            "labels": [*NO_LABELS, LABELS[:5]],
            "labeled_size": NO_COUNTS,
            **WITHOUT_TRANSFORM,
        },
    ),
    (
        data.few_per_class,
        {"labels": LABELS, "count": 1, "seed": 1},
        {"labels": NO_LABELS[:-1], "count": [*NO_COUNTS, 3], "seed": [*NO_SEEDS, None]},
    ),
    (
        data.stratified,
        {"labels": LABELS, "count": 3, "seed": 1},
        {"labels": NO_LABELS[:-1], "count": [*NO_COUNTS, 2, 4], "seed": [*NO_SEEDS, None]},
    ),
    (
        data.blended,
        {"images": IMAGES, "photographs": COLOUR, "seed": 1, "value_range": (0, 1)},
        {
            "images": [*NO_IMAGES, IMAGES[:0], IMAGES * NAN, IMAGES - 1],
            "photographs": [*NO_IMAGES, COLOUR[:0], COLOUR * NAN, COLOUR - 1, COLOUR[:, :2]],
            "seed": [*NO_SEEDS, None],
            "value_range": NO_RANGES,
        },
    ),
    (
        data.patches,
        {"images": IMAGES, "count": 2, "size": 2, "seed": 1},
        {
            "images": [None, 3.0, "a", True, IMAGES[0], IMAGES > 0, RAGGED, IMAGES[:0]],
            "count": NO_COUNTS,
            "size": [0, -4, 2.5, True, "4", NAN],
            "seed": [*NO_SEEDS, None],
        },
    ),
    (
        data.textures.textures,
        {"count": 2, "size": 4, "seed": 1},
        {
            "count": NO_COUNTS,
            "size": [0, -4, 2.5, True, "4", NAN],
            "seed": [*NO_SEEDS, None],
            "value_range": NO_RANGES,
            "rules": [3, "stripes", [], ["waves"], [1], [["dots"]], {"dots"}, True],
        },
    ),
    (
        data.nudged,
        {"images": IMAGES},
        {"images": [None, 3.0, "a", True, IMAGES[0], IMAGES > 0, RAGGED, IMAGES[:0], DICTIONARY]},
    ),
    (data.sample_photographs, {}, {"value_range": NO_RANGES}),
    (data.flipped, {"images": IMAGES, "seed": SEED}, {"images": NO_IMAGES, "seed": NO_SEED_PAIRS}),
    (
        data.binarize,
        {"images": IMAGES, "seed": SEED},
        {
            "images": [None, "a", True, RAGGED, IMAGES - 1, IMAGES * NAN, 2 * IMAGES, IMAGES > 0],
            "seed": NO_SEED_PAIRS,
        },
    ),
    (
        data.stacked,
        {"images": IMAGES, "seed": 1, "channels": 2},
        {
            "images": [None, 3.0, "a", True, IMAGES[0], IMAGES > 0, RAGGED, COLOUR],
            "seed": [*NO_SEEDS, None, (1, 2, 3)],
            "channels": NO_COUNTS,
        },
    ),
    (data.cropped, {"size": 2}, {"size": [*NO_SIZES, None]}),
    (
        lambda size=2, **given: data.cropped(size)(**given),
        {"images": IMAGES, "seed": SEED},
        {"images": NO_IMAGES, "seed": NO_SEED_PAIRS, "size": [5, (2, 5)]},
    ),
    (
        data.resized_and_cropped,
        {"larger": 6, "size": 4},
        {"larger": [*NO_SIZES, None], "size": [*NO_SIZES, None, 7]},
    ),
    (data.pair_jitter, {"size": 4}, {"size": [*NO_SIZES, None]}),
    (
        lambda **given: data.resized_and_cropped(6, 4)(**given),
        {"images": IMAGES, "seed": SEED},
        {"images": NO_IMAGES, "seed": NO_SEED_PAIRS},
    ),
    (
        data.jitter,
        {},
        {
            "rotation": [*NO_NUMBERS, -1],
            "zoom": [*NO_NUMBERS, -1, 1],
            "shift": [*NO_NUMBERS, -1],
            "fill_value": NO_NUMBERS,
        },
    ),
    (
        lambda **given: data.jitter()(**given),
        {"images": IMAGES, "seed": SEED},
        {"images": NO_IMAGES, "seed": NO_SEED_PAIRS},
    ),
    (
        lambda functions: data.compose(functions),
        {"functions": data.flipped},
        {"functions": [*NO_FUNCTIONS, None, NAN, {}]},
    ),
    (
        lambda augments: data.separately(augments),
        {"augments": None},
        {"augments": [*NO_FUNCTIONS, NAN, {}, ()]},
    ),
    (data.paired, {"augment": data.flipped}, {"augment": [*NO_FUNCTIONS, None, NAN, {}]}),
    (
        lambda batch: data.paired(data.flipped)(batch, SEED),
        {"batch": (IMAGES, COLOUR)},
        {"batch": [None, 3, IMAGES, [IMAGES], (3, 4), DICTIONARY, "ab", (IMAGES, IMAGES[:, :2])]},
    ),
    (
        data.windows,
        {"tokens": np.arange(9), "steps": 4},
        {
            "tokens": [None, 3, "ab", LABELS / 1, LABELS > 0, LABELS[:4], [[1, 2]], RAGGED],
            "steps": NO_COUNTS,
        },
    ),
    (
        data.Alphabet,
        {"characters": "abc"},
        {"characters": [None, 3, "", "aa", [1, 2], ["ab"], {"a": 1}, True, NAN]},
    ),
    (
        data.Alphabet("abc").encode,
        {"texts": ["ab"], "length": 3},
        {
            "texts": [None, 3, "ab", [], [1], ["d"], [None], ["abca"], [["a"]], NAN],
            "length": [0, -1, 1.5, True, "3", NAN],
        },
    ),
    (
        data.Alphabet("abc").decode,
        {"numbers": [[0, 1]]},
        {"numbers": [None, 3, "ab", [[3]], [[-1]], [[0.0]], [0, 1], RAGGED, [[True]]]},
    ),
    (captions.of_digits, {"labels": LABELS}, {"labels": [*NO_LABELS[:-1], LABELS + 9]}),
    (
        captions.as_text,
        {"captions": np.zeros((2, 14))},
        {
            "captions": [
                None,
                3,
                "a",
                np.zeros(14),
                np.zeros((2, 13)),
                np.full((2, 14), NAN),
                np.full((2, 14), 2),
                RAGGED,
            ]
        },
    ),
    (
        captions.right,
        {"captions": np.zeros((2, 14)), "expected": np.zeros((2, 14))},
        {
            "captions": [None, 3, "a", np.zeros(14), np.zeros((2, 13)), np.full((2, 14), NAN)],
            "expected": [None, 3, "a", np.zeros(14), np.zeros((2, 13)), np.zeros((1, 14))],
        },
    ),
    (
        glyphs.variations,
        {"count": 2, "seed": 1},
        {"count": NO_COUNTS, "seed": [*NO_SEEDS, None]},
    ),
    (
        glyphs.draw,
        {"characters": "7A", "fonts": ["cmr10"] * 2, "variations": STYLE},
        {
            "characters": NO_CHARACTERS,
            "fonts": [*NO_FONTS, ["cmr10"]],
            "variations": [None, 3, "a", IMAGES, STYLE[:1], STYLE[None], STYLE[0], [STYLE] * 2],
            "size": [*NO_COUNTS, None, (28, 28)],
        },
    ),
    (
        glyphs.balanced,
        {"characters": "7A", "fonts": ["cmr10"], "per_character": 2, "seed": 1},
        {
            "characters": NO_CHARACTERS,
            "fonts": NO_FONTS,
            "per_character": NO_COUNTS,
            "seed": [*NO_SEEDS, None],
        },
    ),
    (
        sequences.adding,
        {"count": 2},
        {"count": NO_COUNTS, "steps": [*NO_COUNTS, 19], "seed": [*NO_SEEDS, None]},
    ),
    (sequences.opinions, {"count": 2}, {"count": NO_COUNTS, "seed": [*NO_SEEDS, None]}),
    (
        sequences.as_text,
        {"sentences": sequences.opinions(2)[0]},
        {"sentences": [None, 3, "a", np.zeros((2, 21)), np.zeros((2, 3, 5)), RAGGED, True, [[]]]},
    ),
    (
        sequences.brackets,
        {"count": 2},
        {"count": NO_COUNTS, "steps": NO_COUNTS, "seed": [*NO_SEEDS, None]},
    ),
    (sequences.dates, {"count": 2}, {"count": [*NO_COUNTS, 10**6], "seed": [*NO_SEEDS, None]}),
    (
        sequences.recent,
        {"sequences": np.zeros((2, 3, 1)), "steps": 2},
        {
            "sequences": [None, 3, "a", np.zeros((2, 3)), RAGGED, True, DICTIONARY],
            "steps": NO_COUNTS,
        },
    ),
    (
        toy.ring,
        {"count": 2},
        {
            "count": NO_COUNTS,
            "modes": NO_COUNTS,
            "radius": [*NO_NUMBERS, 0, -1],
            "stddev": [*NO_NUMBERS, -1],
            "seed": [*NO_SEEDS, None],
        },
    ),
    (
        toy.grid,
        {"count": 2},
        {
            "count": NO_COUNTS,
            "side": NO_COUNTS,
            "spacing": [*NO_NUMBERS, 0, -1],
            "stddev": [*NO_NUMBERS, -1],
            "seed": [*NO_SEEDS, None],
        },
    ),
    (
        toy.plane,
        {"count": 2},
        {
            "count": NO_COUNTS,
            "spread": [None, 1.0, (1,), (1, 2, 3), (1, -1), (NAN, 1), "ab", (1, None)],
            "stddev": [*NO_NUMBERS, -1],
            "seed": [*NO_SEEDS, None],
        },
    ),
    (toy.bars_and_stripes, {}, {"side": [*NO_COUNTS, 17, 60]}),
    (toy.ring_centres, {}, {"modes": NO_COUNTS, "radius": [*NO_NUMBERS, 0, -1]}),
    (toy.grid_centres, {}, {"side": NO_COUNTS, "spacing": [*NO_NUMBERS, 0, -1]}),
    *(
        (
            rule,
            {"image": COLOUR},
            {"image": [None, 3.0, "a", True, COLOUR[0, 0], *NO_COLOURS, COLOUR[..., :2]]},
        )
        for rule in (rules.grey, rules.edges)
    ),
    (rules.edges, {"image": COLOUR}, {"image": [COLOUR[:, :1], COLOUR[:, :, :1]]}),
    *(
        (
            rule,
            {"factor": 2},
            {"factor": NO_COUNTS, "kernel": [None, 3, "cubic", True, NAN, IMAGES, (), [rules.box]]},
        )
        for rule in (rules.downscaled, rules.upscaled)
    ),
    *(
        (
            rule(2),
            {"image": COLOUR},
            {"image": [None, 3.0, "a", True, COLOUR[0, 0], *NO_COLOURS, COLOUR > 0]},
        )
        for rule in (rules.downscaled, rules.upscaled)
    ),
    (
        rules.masked,
        {},
        {"share": [*NO_NUMBERS, 0, -0.1, 1.1], "value": [*NO_NUMBERS, -0.1, 1.1]},
    ),
    *(
        (
            function,
            {name: COLOUR},
            {name: [None, 3.0, "a", True, *NO_COLOURS, COLOUR > 0, COLOUR[..., :2]]},
        )
        for function, name in [(lab.to_lab, "image"), (lab.split, "image"), (lab.to_rgb, "lab")]
    ),
    (
        lab.joined,
        {"lightness": IMAGES, "colours": COLOUR[..., :2]},
        {
            "lightness": [None, 3.0, "a", True, *NO_COLOURS, COLOUR],
            "colours": [None, 3.0, "a", True, *NO_COLOURS, COLOUR, COLOUR[:1, ..., :2]],
        },
    ),
    (
        palettes.to_labels,
        {"images": COLOUR, "colours": palettes.FACADES, "value_range": (0, 1)},
        {
            "images": [bad for bad in NO_IMAGES if bad is not True],
            "colours": NO_PALETTES,
            "value_range": NO_RANGES,
        },
    ),
    (
        palettes.to_colours,
        {"labels": LABELS, "colours": palettes.FACADES, "value_range": (0, 1)},
        {
            "labels": [None, "abc", LABELS / 1, LABELS > 0, LABELS - 1, LABELS + 12, RAGGED],
            "colours": NO_PALETTES,
            "value_range": NO_RANGES,
        },
    ),
    *(
        (kernel, {"x": np.zeros(3)}, {"x": [None, "a", [[1], [1, 2]], {}, "", ["b"], b"c", set()]})
        for kernel in (rules.box, rules.triangle, rules.cubic)
    ),
]
BAD = [
    pytest.param(function, {**right, name: value}, name, id=f"{number}-{name}-{which}")
    for number, (function, right, wrong) in enumerate(CALLS)
    for name, values in wrong.items()
    for which, value in enumerate(values)
]


@pytest.mark.parametrize("function, arguments, name", BAD)
def test_bad_arguments_are_named(function, arguments, name):
    with pytest.raises((ValueError, TypeError), match=rf"(?s)argument `{name}`.*Received: "):
        function(**arguments)


def test_the_list_of_bad_calls_covers_every_public_function():
    listed = {function for function, _, wrong in CALLS if sum(map(len, wrong.values())) >= 8}
    public = [getattr(data, name) for name in data.__all__]
    functions = [function for function in public if inspect.isfunction(function)]
    for module in filter(inspect.ismodule, public):
        functions += [
            function
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__ and not name.startswith("_")
        ]
    elsewhere = {data.compose, data.separately}  # whose arguments have no names
    elsewhere.add(data.styles.partners)  # which takes anything
    assert set(functions) - elsewhere <= listed


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_the_right_arguments_of_bad_calls_are_right(number):
    function, right, _ = CALLS[number]
    if "y" not in right or function is data.unpaired:
        function(**right)


def first(batches):
    return tf.nest.map_structure(np.asarray, next(iter(batches)))


@pytest.mark.parametrize(
    "labels",
    [
        LABELS.tolist(),
        LABELS[:, None],
        LABELS.astype("uint8"),
        LABELS.astype("uint8")[:, None],
        LABELS.astype("int8"),
        tf.constant(LABELS),
        tf.constant(LABELS[:, None], "uint8"),
        tuple(LABELS.tolist()),
    ],
)
def test_labels_of_all_kinds(labels):
    expected = data.few_per_class(LABELS, 2, 1)
    np.testing.assert_array_equal(data.few_per_class(labels, 2, 1), expected)
    np.testing.assert_array_equal(captions.of_digits(labels), captions.of_digits(LABELS))
    for pairs, shape in (
        (data.partly_labeled(IMAGES, IMAGES, labels, 2, 3, seed=1), (5,)),
        (data.domain_pairs(IMAGES, labels, IMAGES, 2, seed=1), (2,)),
    ):
        y = first(pairs)[1]
        assert y.shape == shape and y.dtype == np.int32


def as_stream(array):
    return tf.data.Dataset.from_tensor_slices(array)


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("convert", [np.asarray, tf.constant, as_stream, list])
def test_float64_becomes_the_default_float_type_everywhere(cache, convert):
    double, single = convert(IMAGES.astype("float64")), IMAGES
    options = {"cache": cache, "seed": 1}
    for other in (double, single):
        for batches in (
            data.batches(double, 2, **options),
            data.unpaired(double, other, 2, **options),
            data.unpaired(other, double, 2, **options),
            data.partly_labeled(double, single, LABELS, 2, 2, **options),
            data.partly_labeled(other, IMAGES.astype("float64"), LABELS, 2, 2, **options),
            data.domain_pairs(single, LABELS, double, 2, **options),
            data.domain_pairs(IMAGES.astype("float64"), LABELS, other, 2, **options),
        ):
            parts = tf.nest.flatten(first(batches))
            assert {part.dtype for part in parts if part.dtype != np.int32} == {np.dtype("float32")}


def test_float64_becomes_the_default_float_type_in_functions_of_images():
    double = IMAGES.astype("float64")
    for result in (
        data.flipped(double, SEED),
        data.cropped(2)(double, SEED),
        data.resized_and_cropped(6, 4)(double, SEED),
        data.jitter()(double, SEED),
        data.binarize(double, SEED),
        data.stacked(double, 1),
        data.stacked(tf.constant(double), 1),
        data.nudged(double),
        data.blended(double, COLOUR.astype("float64"), 1, (0, 1)),
        data.arrays(as_stream(double)),
        rules.grey(double),
        rules.edges(double),
        rules.downscaled(2)(double),
        rules.upscaled(2)(double),
        sequences.recent(double[..., 0], 2),
    ):
        assert np.asarray(result).dtype == np.float32


def test_a_rule_in_numpy_may_return_float64():
    x, _ = data.arrays(data.load_pairs("digits", rule=lambda image: tf.cast(image, tf.float64)))
    assert x.dtype == np.float32


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_numpy_integers_are_counts_sizes_and_seeds(kind):
    two, four, seed = kind(2), kind(4), kind(7)
    assert first(data.batches(IMAGES, two, seed)).shape == (2, 4, 4, 1)
    assert first(data.unpaired(IMAGES, IMAGES, two, seed))[0].shape == (2, 4, 4, 1)
    assert first(data.partly_labeled(IMAGES, IMAGES, LABELS, two, four, seed))[1].shape == (6,)
    assert first(data.domain_pairs(IMAGES, LABELS, IMAGES, two, seed))[1].shape == (2,)
    assert data.load("digits", image_size=four).element_spec.shape == (4, 4, 1)
    assert data.load("digits", image_size=(four, two)).element_spec.shape == (4, 2, 1)
    assert len(data.few_per_class(LABELS, two, seed)) == 6
    assert data.blended(IMAGES, COLOUR, seed, (0, 1)).shape == COLOUR.shape
    assert data.stacked(IMAGES, seed, two).shape == (6, 4, 4, 2)
    assert data.cropped(two)(IMAGES, (seed, seed)).shape == (6, 2, 2, 1)
    assert data.windows(np.arange(9, dtype=kind), four).shape == (2, 5)
    assert data.Alphabet("abc").encode(["ab"], four).shape == (1, 4)
    assert data.Alphabet("abc").decode(np.ones((1, 2), kind)) == ["bb"]
    assert len(toy.ring(two, four, seed=seed)) == len(toy.grid(two, four, seed=seed)) == 2
    assert toy.bars_and_stripes(two).shape == (6, 2, 2, 1)
    assert len(sequences.brackets(two, four, seed)[0]) == len(sequences.dates(two, seed)[0]) == 2
    assert rules.downscaled(two)(IMAGES).shape == (6, 2, 2, 1)


def test_numpy_switches_and_numbers():
    true, half = np.True_, np.float32(0.5)
    assert len(data.load("digits", labels=true).element_spec) == 2
    assert len(list(data.batches(IMAGES, 4, shuffle=true, cache=true, drop_remainder=true))) == 1
    assert data.load("digits", value_range=np.array([0, 1]), background=half) is not None
    assert data.jitter(half, half, half, half)(IMAGES, np.array(SEED)).shape == IMAGES.shape
    assert toy.plane(2, np.array([1.0, 0.5]), half).shape == (2, 3)


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_paths_are_strings_or_paths(kind, tmp_path):
    (tmp_path / "a").mkdir()
    keras.utils.save_img(tmp_path / "a" / "1.png", np.zeros((4, 4, 3)), scale=False)
    path = kind(tmp_path)
    assert data.class_names(path) == ("a",)
    for name in (path, data.left_half(path), data.right_half(path)):
        assert len(data.load(name, labels=True)) == 1
    assert len(data.load_pairs(path, path)) == len(data.load_pairs(path, rule=rules.grey)) == 1


def test_batches_of_many_kinds_of_arrays():
    for images in (
        IMAGES.astype("uint8"),
        IMAGES.astype("float16"),
        IMAGES > 0,
        tf.Variable(IMAGES),
        keras.Variable(IMAGES),
        np.array(["a", "b", "c"]),
        (IMAGES, LABELS[:, None], np.ones(6)),
    ):
        for cache in (True, False):
            assert len(tf.nest.flatten(first(data.batches(images, 2, cache=cache))))


@pytest.mark.parametrize("dataset", [DICTIONARY, DICTIONARIES, as_stream({"a": IMAGES})])
def test_dictionaries_are_refused_with_the_cure(dataset):
    with pytest.raises(ValueError, match=r'`dataset`.*\(d\["(image|a)"\], d\["(label|y)"\]\)'):
        data.batches(dataset, 2)


def test_dictionaries_are_taken_where_a_transform_makes_something_of_them():
    def pair(batch, seed):
        return batch["image"], batch["label"]

    assert [len(part) for part in first(data.batches(DICTIONARIES, 2, transform=pair))] == [2, 2]
    assert set(data.arrays(DICTIONARIES)) == {"image", "label"}


def test_batches_of_batches_that_differ_are_named():
    with pytest.raises(ValueError, match=r"`dataset`.*unbatch\(\)"):
        data.batches(as_stream(IMAGES).batch(4), 2)
    with pytest.raises(ValueError, match=r"`dataset`.*unbatch\(\)"):
        data.arrays(as_stream(IMAGES).batch(4))


def test_a_bad_argument_is_found_before_the_data_are_read():
    reads = []

    def images():
        reads.append(1)
        yield from IMAGES

    spec = tf.TensorSpec((4, 4, 1), tf.float32)
    dataset = tf.data.Dataset.from_generator(images, output_signature=spec)
    for name, values in WITHOUT_TRANSFORM.items():
        for value in values[:3]:
            arguments = {"batch_size": 2, name: value}
            calls = [
                lambda given: data.batches(dataset, **given),
                lambda given: data.partly_labeled(dataset, IMAGES, LABELS, labeled_size=2, **given),
                lambda given: data.domain_pairs(IMAGES, LABELS, dataset, **given),
            ]
            for call in calls:
                with pytest.raises(ValueError, match=f"argument `{name}`"):
                    call(arguments)
    assert not reads


@pytest.mark.parametrize("kernel", [lambda x: 0 * x, lambda x: 1.0, lambda x: np.nan * x])
def test_kernels_without_weights_are_named(kernel):
    with pytest.raises(ValueError, match="argument `kernel`.*Received"):
        rules.downscaled(2, kernel)(IMAGES)
