"""The fused Adam takes the steps of Keras's, and can take its place."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.optimizers import FusedAdam

RANDOM = np.random.default_rng(1)
START = [RANDOM.normal(size=shape).astype("float32") for shape in [(3, 2), (2,), ()]]
GRADIENTS = [[RANDOM.normal(size=np.shape(w)).astype("float32") for w in START] for _ in range(5)]
# The kernel takes 1 - beta_2 of float32 numbers: 1.3e-5 of it away from Keras's.
ROUNDING = {"rtol": 5e-5, "atol": 1e-5}


def steps(optimizer, gradients=GRADIENTS, compiled=True):
    """The variables after a step for each list of gradients, and the optimizer's own."""
    variables = [keras.Variable(value) for value in START]
    optimizer.build(variables)
    apply = tf.function(optimizer.apply) if compiled else optimizer.apply
    for gradient in gradients:
        apply([tf.constant(g) for g in gradient])
    return [np.array(each) for each in [*variables, *optimizer.variables]]


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 0.1},
        {"learning_rate": 0.1, "beta_1": 0.0, "beta_2": 0.9, "epsilon": 0.3},
        {"learning_rate": 0.1, "weight_decay": 0.2, "clipnorm": 0.5},
        {"learning_rate": 0.1, "use_ema": True, "gradient_accumulation_steps": 2},
        {"learning_rate": 0.1, "amsgrad": True},
        {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)},
    ],
    ids=lambda options: ", ".join(options),
)
def test_steps_and_slots_are_those_of_keras(options):
    expected = steps(keras.optimizers.Adam(**options))
    for compiled in (True, False):
        received = steps(FusedAdam(**options), compiled=compiled)
        for e, r in zip(expected, received, strict=True):
            np.testing.assert_allclose(r, e, **ROUNDING)


def test_first_step_has_the_length_of_the_rate():
    """m / sqrt(v) is the sign of the gradient then, whatever its size."""
    moved = steps(FusedAdam(0.1), [[1e3 * g for g in GRADIENTS[0]]])
    for before, after, g in zip(START, moved[:3], GRADIENTS[0], strict=True):
        np.testing.assert_allclose(before - after, 0.1 * np.sign(g), rtol=0.02)


def test_a_step_is_one_operation_per_variable():
    optimizer = FusedAdam()
    variables = [keras.Variable(value) for value in START]
    optimizer.build(variables)
    graph = tf.function(optimizer.apply).get_concrete_function([*map(tf.constant, START)]).graph
    kinds = [operation.type for operation in graph.get_operations()]
    assert kinds.count("ResourceApplyAdam") == 3
    assert "Sqrt" not in kinds


def test_sparse_gradients_of_an_embedding_move_it_as_keras_does():
    tables = []
    for kind in (keras.optimizers.Adam, FusedAdam):
        embedding = keras.layers.Embedding(4, 2, keras.initializers.RandomNormal(seed=1))
        embedding.build()
        optimizer = kind(0.1)
        for chosen in ([0, 2, 2], [1, 2]):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(embedding(np.array(chosen)) ** 2)
            gradients = tape.gradient(loss, embedding.trainable_variables)
            assert isinstance(gradients[0], tf.IndexedSlices)
            optimizer.apply(gradients, embedding.trainable_variables)
        tables.append(np.array(embedding.embeddings))
    np.testing.assert_array_equal(*tables)


def test_loss_scaling_leaves_out_steps_that_are_not_finite():
    bad = [[g * np.inf for g in GRADIENTS[0]], *GRADIENTS]
    kinds = keras.optimizers.Adam, FusedAdam
    wrapped = [keras.optimizers.LossScaleOptimizer(kind(0.1), 2.0) for kind in kinds]
    expected, received = (steps(optimizer, bad) for optimizer in wrapped)
    for e, r in zip(expected, received, strict=True):
        assert np.isfinite(r).all()
        np.testing.assert_allclose(r, e, **ROUNDING)


def test_saved_optimizer_goes_on_as_if_never_stopped(tmp_path):
    x, y = RANDOM.normal(size=(8, 3)), RANDOM.normal(size=(8, 2))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(FusedAdam(0.1), "mse")
    model.fit(x, y, epochs=2, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert type(loaded.optimizer) is FusedAdam
    for each in (model, loaded):
        each.fit(x, y, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
