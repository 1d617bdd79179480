"""What every layer of keras_gen.layers promises, whatever it computes."""

import inspect

import keras
import numpy as np
import pytest
from keras.src.testing import TestCase

from keras_gen import layers

IMAGES = (2, 4, 4, 3)
CASES = {
    "AdaIN": (layers.AdaIN, {"epsilon": 1e-4}, [IMAGES, (2, 6, 5, 3)], IMAGES, 0),
    "Blur2D": (layers.Blur2D, {}, IMAGES, IMAGES, 0),
    "EqualizedConv2D": (
        layers.EqualizedConv2D,
        {"filters": 5, "kernel_size": (3, 1), "strides": 2, "activation": "relu"},
        IMAGES,
        (2, 2, 2, 5),
        2,
    ),
    "EqualizedDense": (
        layers.EqualizedDense,
        {"units": 5, "activation": "relu", "use_bias": False, "gain": 1, "lr_multiplier": 0.1},
        (2, 3),
        (2, 5),
        1,
    ),
    "FadeIn": (layers.FadeIn, {}, [IMAGES, IMAGES, (2, 1)], IMAGES, 0),
    "FadeIn of vectors": (layers.FadeIn, {}, [(2, 3), (2, 3), (2,)], (2, 3), 0),
    "LearnedConstant": (layers.LearnedConstant, {"shape": (4, 4, 3)}, (2, 5), IMAGES, 1),
    "MaskedConv2D": (
        layers.MaskedConv2D,
        {"filters": 5, "kernel_size": (5, 3), "dilation_rate": 2, "activation": "relu"},
        IMAGES,
        (2, 4, 4, 5),
        2,
    ),
    "MaskedConv2D without center": (
        layers.MaskedConv2D,
        {"filters": 5, "kernel_size": 3, "includes_center": False, "use_bias": False},
        IMAGES,
        (2, 4, 4, 5),
        1,
    ),
    "MaskedDense": (
        layers.MaskedDense,
        {"input_degrees": [[0, 1, 2], [2, 1, 0]], "output_degrees": [0, 0, 1, 1]},
        (2, 3),
        (2, 4),
        2,
    ),
    "strict MaskedDense": (
        layers.MaskedDense,
        {
            "input_degrees": [0, 1, 2],
            "output_degrees": [0, 1, 2],
            "strict": True,
            "activation": "relu",
            "use_bias": False,
        },
        (2, 3),
        (2, 3),
        1,
    ),
    "GradientReversal": (layers.GradientReversal, {"weight": 0.5}, IMAGES, IMAGES, 0),
    "MinibatchDiscrimination": (
        layers.MinibatchDiscrimination,
        {"kernels": 4, "kernel_dim": 2, "kernel_initializer": "ones"},
        (3, 5),
        (3, 9),
        1,
    ),
    "MinibatchStdDev": (layers.MinibatchStdDev, {"axis": (0, -1)}, IMAGES, (2, 4, 4, 4), 0),
    "MinibatchStdDev of vectors": (
        layers.MinibatchStdDev,
        {"group_size": None},
        (3, 4),
        (3, 5),
        0,
    ),
    "NoiseInjection": (layers.NoiseInjection, {"seed": 1}, IMAGES, IMAGES, 1),
    "NoiseInjection of given noise": (
        layers.NoiseInjection,
        {},
        [IMAGES, (2, 4, 4, 1)],
        IMAGES,
        1,
    ),
    "PermanentDropout": (layers.PermanentDropout, {"rate": 0.3, "seed": 1}, IMAGES, IMAGES, 0),
    "PixelNorm": (layers.PixelNorm, {"epsilon": 1e-6}, IMAGES, IMAGES, 0),
    "RandomAffine": (layers.RandomAffine, {"rotation": 9.0, "shear": 0.2}, IMAGES, IMAGES, 0),
    "RandomPaste": (layers.RandomPaste, {"size": 3.0, "seed": 1}, IMAGES, IMAGES, 0),
    "ReflectionPadding2D": (
        layers.ReflectionPadding2D,
        {"padding": ((1, 2), (3, 0))},
        IMAGES,
        (2, 7, 7, 3),
        0,
    ),
    "RBM": (layers.RBM, {"units": 5, "weight_stddev": 0.1, "seed": 1}, (2, 3), (2, 5), 3),
    "GaussianRBM": (layers.GaussianRBM, {"units": 5}, (2, 3), (2, 5), 3),
    "LabelRBM": (layers.LabelRBM, {"units": 5, "num_classes": 2}, (2, 3), (2, 5), 3),
    "DoubledRBM": (
        layers.DoubledRBM,
        {"units": 5, "visible_copies": 2, "hidden_copies": 2},
        (2, 3),
        (2, 5),
        3,
    ),
    "Sampling": (layers.Sampling, {"seed": 1}, [(2, 3), (2, 3)], (2, 3), 0),
    "StyleModulation": (
        layers.StyleModulation,
        {"epsilon": 1e-4},
        [IMAGES, (2, 5)],
        IMAGES,
        2,
    ),
}
parametrized = pytest.mark.parametrize(
    "layer_class, arguments, input_shape, output_shape, trainable", CASES.values(), ids=CASES
)


def make_inputs(input_shape, batch=None):
    generator = np.random.default_rng(0)
    shapes = input_shape if isinstance(input_shape, list) else [input_shape]
    values = [
        generator.normal(size=(batch or shape[0], *shape[1:])).astype("float32") for shape in shapes
    ]
    return values if isinstance(input_shape, list) else values[0]


def make_model(layer, input_shape):
    if isinstance(input_shape, list):
        inputs = [keras.Input(shape[1:]) for shape in input_shape]
    else:
        inputs = keras.Input(input_shape[1:])
    return keras.Model(inputs, layer(inputs))


@parametrized
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_layer_passes_the_layer_test_of_keras(
    layer_class, arguments, input_shape, output_shape, trainable
):
    # A tuple of inputs, because the test's data generator refuses lists.
    TestCase().run_layer_test(
        layer_class,
        init_kwargs=arguments,
        input_shape=tuple(input_shape),
        expected_output_shape=output_shape,
        expected_num_trainable_weights=trainable,
        expected_num_losses=0,
    )


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_tied_dense_passes_the_layer_test_of_keras(dtype):
    encode = keras.layers.Dense(3, dtype=dtype)
    encode.build((None, 5))
    TestCase().run_layer_test(
        layers.TiedDense,
        init_kwargs={"tied_to": encode, "activation": "sigmoid", "dtype": dtype},
        input_shape=(2, 3),
        expected_output_shape=(2, 5),
        expected_num_trainable_weights=3,
        expected_num_losses=0,
        supports_masking=True,
    )


@parametrized
def test_every_argument_is_an_attribute_and_in_the_config(
    layer_class, arguments, input_shape, output_shape, trainable
):
    layer = layer_class(**arguments)
    for name in inspect.signature(layer_class.__init__).parameters:
        if name not in ("self", "kwargs"):
            assert hasattr(layer, name), name
            assert name in layer.get_config(), name


@parametrized
def test_saved_model_reloads_with_equal_outputs(
    layer_class, arguments, input_shape, output_shape, trainable, tmp_path
):
    model = make_model(layer_class(**arguments), input_shape)
    generator = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(weight + generator.uniform(0.1, 0.2, size=weight.shape))
    model.save(tmp_path / "model.keras")
    reloaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = make_inputs(input_shape, batch=5)
    np.testing.assert_array_equal(reloaded(inputs), model(inputs))


@parametrized
def test_bfloat16_policy_computes_in_bfloat16_with_float32_weights(
    layer_class, arguments, input_shape, output_shape, trainable
):
    layer = layer_class(**arguments, dtype="mixed_bfloat16")
    outputs = layer(make_inputs(input_shape))
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
    assert {weight.dtype for weight in layer.weights} <= {"float32"}


@parametrized
def test_batch_size_may_be_unknown_when_the_model_is_built(
    layer_class, arguments, input_shape, output_shape, trainable
):
    model = make_model(layer_class(**arguments), input_shape)
    assert model.output_shape == (None, *output_shape[1:])
    outputs = model.predict(make_inputs(input_shape, batch=5), batch_size=3, verbose=0)
    assert outputs.shape == (5, *output_shape[1:])


@pytest.mark.parametrize(
    "layer_class, arguments",
    [
        (layers.AdaIN, {"epsilon": 0}),
        (layers.EqualizedConv2D, {"filters": 0, "kernel_size": 3}),
        (layers.EqualizedConv2D, {"kernel_size": 0, "filters": 3}),
        (layers.EqualizedConv2D, {"strides": (1, 1, 1), "filters": 3, "kernel_size": 3}),
        (layers.EqualizedConv2D, {"padding": "reflect", "filters": 3, "kernel_size": 3}),
        (layers.EqualizedDense, {"units": 2.5}),
        (layers.EqualizedDense, {"gain": -1, "units": 3}),
        (layers.EqualizedDense, {"lr_multiplier": float("nan"), "units": 3}),
        (layers.LearnedConstant, {"shape": (4, 0, 3)}),
        (layers.MaskedConv2D, {"kernel_size": 4, "filters": 3}),
        (layers.MaskedConv2D, {"dilation_rate": 0, "filters": 3, "kernel_size": 3}),
        (layers.MaskedDense, {"input_degrees": [0.5, 1], "output_degrees": [0, 1]}),
        (layers.MaskedDense, {"output_degrees": [[0, 1], [0]], "input_degrees": [0, 1]}),
        (layers.GradientReversal, {"weight": -1}),
        (layers.GradientReversal, {"weight": float("nan")}),
        (layers.MinibatchDiscrimination, {"kernels": 0}),
        (layers.MinibatchDiscrimination, {"kernel_dim": 1.5, "kernels": 3}),
        (layers.MinibatchStdDev, {"group_size": 0}),
        (layers.MinibatchStdDev, {"axis": "batch"}),
        (layers.PermanentDropout, {"rate": 1.0}),
        (layers.PixelNorm, {"epsilon": -1e-8}),
        (layers.ReflectionPadding2D, {"padding": -1}),
        (layers.ReflectionPadding2D, {"padding": ((1, 1), (1, 1, 1))}),
        (layers.StyleModulation, {"epsilon": 0}),
        (layers.TiedDense, {"tied_to": "encoder"}),
    ],
)
def test_wrong_argument_is_named_in_the_error(layer_class, arguments):
    name, value = next(iter(arguments.items()))
    with pytest.raises(ValueError, match=f"argument `{name}`.*Received") as error:
        layer_class(**arguments)
    assert str(value) in str(error.value)


@pytest.mark.parametrize(
    "layer, input_shape",
    [
        (layers.AdaIN(), IMAGES),
        (layers.AdaIN(), [IMAGES, (2, 5)]),
        (layers.AdaIN(), [IMAGES, (2, 4, 4, 1)]),
        (layers.AdaIN(), [IMAGES, (1, 4, 4, 3)]),
        (layers.FadeIn(), IMAGES),
        (layers.FadeIn(), [IMAGES, IMAGES]),
        (layers.FadeIn(), [IMAGES, (2, 8, 8, 3), (1,)]),
        (layers.FadeIn(), [IMAGES, IMAGES, (3,)]),
        (layers.FadeIn(), [IMAGES, IMAGES, (1, 2)]),
        (layers.FadeIn(), [IMAGES, IMAGES, (2, 4, 4, 1)]),
        (layers.MaskedDense([0, 1], [0, 1]), (2, 3)),
        (layers.MinibatchDiscrimination(3), IMAGES),
        (layers.NoiseInjection(), (2, 3)),
        (layers.NoiseInjection(), [IMAGES, IMAGES]),
        (layers.Sampling(), (2, 3)),
        (layers.Sampling(), [(2, 3), (2, 4)]),
        (layers.StyleModulation(), IMAGES),
        (layers.StyleModulation(), [IMAGES, IMAGES]),
    ],
)
def test_wrong_inputs_give_an_error_that_shows_their_shapes(layer, input_shape):
    with pytest.raises(ValueError, match=r"argument `inputs`.*Received: shape"):
        layer(make_inputs(input_shape))
