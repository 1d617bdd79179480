"""Everything that Keras's recurrent layers compute, the fused ones compute as well."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_gen import fused_recurrent as fused
from keras_gen import recurrence

UNITS, SHAPE = 3, (4, 5, 2)
RANDOM = np.random.default_rng(1)
SEQUENCES = RANDOM.normal(size=SHAPE).astype("float32")
STATES = RANDOM.normal(size=(2, 4, UNITS)).astype("float32")
KINDS = {
    "LSTM": (layers.LSTM, fused.LSTM, {}),
    "GRU": (layers.GRU, fused.GRU, {}),
    "GRU, reset before": (layers.GRU, fused.GRU, {"reset_after": False}),
}
WHOLE = {"return_sequences": True, "return_state": True}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def taken(monkeypatch):
    """Grows by one for every recurrent layer that does not go through Keras's loop."""
    calls, original = [], recurrence.Loop.__init__

    def counted(self, *args):
        calls.append(args)
        original(self, *args)

    monkeypatch.setattr(recurrence.Loop, "__init__", counted)
    return calls


def pair(kind, x=SEQUENCES, **options):
    """Keras's layer and the fused one, with equal weights, no bias of which is zero."""
    *classes, more = KINDS[kind]
    made = [each(UNITS, **options, **more) for each in classes]
    weights = None
    for layer in made:
        layer.build(x.shape)
        weights = weights or [RANDOM.normal(0, 0.6, w.shape) for w in layer.weights]
        layer.set_weights(weights)
    return made


def states(kind):
    return list(map(tf.constant, STATES[: 2 if kind == "LSTM" else 1]))


def assert_near(received, expected, rtol=0.0, atol=1e-6):
    received, expected = tf.nest.flatten(received), tf.nest.flatten(expected)
    for each, other in zip(received, expected, strict=True):
        each, other = (np.asarray(tf.cast(value, "float64")) for value in (each, other))
        assert each.shape == other.shape
        np.testing.assert_allclose(each, other, rtol=0, atol=max(atol, rtol * np.abs(other).max()))


@pytest.mark.parametrize("unroll", [False, True])
def test_outputs_states_and_all_gradients_are_those_of_keras(kind, unroll, taken):
    """Of a loss that every output and every last state reaches, each by other weights."""

    def gradients(layer, training):
        start, x = states(kind), tf.constant(SEQUENCES)
        with tf.GradientTape() as tape:
            tape.watch([x, start])
            outputs = layer(x, initial_state=start, training=training)
            loss = sum(tf.reduce_sum(tf.sin((2 + k) * y)) for k, y in enumerate(outputs))
        return outputs, tape.gradient(loss, [x, start, *layer.trainable_variables])

    keras_layer, layer = pair(kind, unroll=unroll, **WHOLE)
    outputs, expected = gradients(keras_layer, training=True)
    for training in (False, True):
        received_outputs, received = tf.function(gradients)(layer, training)
        assert_near(received_outputs, outputs)
        assert_near(received, expected, rtol=1e-5)
    assert len(taken) == 2


@pytest.mark.parametrize(
    "options",
    [{}, {"go_backwards": True}, {"return_sequences": True, "go_backwards": True}]
    + [{"use_bias": False}, {"return_state": True}, {"implementation": 1}, {"dtype": "float64"}],
    ids=str,
)
def test_options_of_keras_are_honored(kind, options, taken):
    keras_layer, layer = pair(kind, **options)
    assert_near(layer(SEQUENCES), keras_layer(SEQUENCES))
    assert len(taken) == 1


def test_gradients_of_gradients_are_those_of_keras(kind, taken):
    """d/dw |dL/dx|^2, the form of a gradient penalty, in a graph and step by step."""

    def slopes(layer):
        x = tf.constant(SEQUENCES)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(tf.sin(layer(x, training=True)))
            penalty = tf.reduce_sum(inner.gradient(loss, x) ** 2)
        return outer.gradient(penalty, layer.trainable_variables)

    keras_layer, layer = pair(kind, return_sequences=True)
    expected = slopes(keras_layer)
    for received in (slopes(layer), tf.function(slopes)(layer)):
        assert_near(received, expected, rtol=1e-5)
    assert len(taken) == 2


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_products_are_in_the_precision_of_the_policy(kind, policy, taken):
    keras_layer, layer = pair(kind, dtype=policy, **WHOLE)
    expected, received = keras_layer(SEQUENCES), layer(SEQUENCES)
    assert [each.dtype for each in received] == [each.dtype for each in expected]
    assert received[0].dtype == policy.removeprefix("mixed_") and len(taken) == 1
    exact = pair(kind)[0]
    exact.set_weights(layer.get_weights())
    assert_near(received, expected, atol=0.03 if "bfloat" in policy else 0.004)


@pytest.mark.parametrize(
    "options",
    [{"activation": "relu"}, {"recurrent_activation": "hard_sigmoid"}]
    + [{"recurrent_dropout": 0.5, "seed": 1}],
    ids=str,
)
def test_what_the_equations_do_not_have_is_left_to_keras(kind, options, taken):
    keras_layer, layer = pair(kind, **options)
    expected, received = (each(SEQUENCES, training=True) for each in (keras_layer, layer))
    np.testing.assert_array_equal(received, expected)
    assert not taken


def test_masked_steps_keep_the_state_before_them(kind, taken):
    keras_layer, layer = pair(kind, return_sequences=True)
    mask = RANDOM.uniform(size=SHAPE[:2]) < 0.5
    np.testing.assert_array_equal(layer(SEQUENCES, mask=mask), keras_layer(SEQUENCES, mask=mask))
    assert not taken


def test_dropout_drops_the_same_inputs_as_keras_at_every_step(kind, taken):
    keras_layer, layer = pair(kind, dropout=0.5, seed=1, return_sequences=True)
    for _ in range(2):
        expected, received = (each(SEQUENCES, training=True) for each in (keras_layer, layer))
        assert_near(received, expected)
    assert len(taken) == 2 and np.abs(received - layer(SEQUENCES)).max() > 0.01


def test_stateful_layers_continue_where_they_stopped(kind):
    for layer in pair(kind, stateful=True, return_sequences=True):
        halves = [layer(SEQUENCES[:, :2]), layer(SEQUENCES[:, 2:])]
        layer.reset_state()
        assert_near(tf.concat(halves, axis=1), layer(SEQUENCES))


def test_both_directions_of_a_wrapper_and_sequences_of_sequences(kind, taken):
    keras_layer, layer = pair(kind, return_sequences=True)
    both = [layers.Bidirectional(each) for each in (keras_layer, layer)]
    for wrapper in both:
        wrapper.build(SHAPE)
    both[1].set_weights(both[0].get_weights())
    assert type(both[1].backward_layer) is type(layer)
    assert_near(both[1](SEQUENCES), both[0](SEQUENCES))
    nested = np.stack([SEQUENCES, -SEQUENCES], axis=1)
    keras_layer, layer = pair(kind)
    assert_near(layers.TimeDistributed(layer)(nested), layers.TimeDistributed(keras_layer)(nested))
    assert len(taken) >= 3


def test_number_of_sequences_and_of_steps_may_vary(kind):
    keras_layer, layer = pair(kind, return_sequences=True)
    run = tf.function(layer, input_signature=[tf.TensorSpec([None, None, 2])])
    for x in (SEQUENCES, SEQUENCES[:1, :1], SEQUENCES[:2, 1:]):
        assert_near(run(x), keras_layer(x))


def test_xla_compiles_the_gradient(kind):

    def gradients(layer):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(layer(tf.constant(SEQUENCES), training=True)))
        return tape.gradient(loss, layer.trainable_variables)

    keras_layer, layer = pair(kind, return_sequences=True)
    received = tf.function(gradients, jit_compile=True)(layer)
    assert_near(received, gradients(keras_layer), rtol=1e-5)


@pytest.mark.parametrize("kinds", [["LSTM", "GRU"], ["GRU"]])
def test_stacks_of_cells_give_what_they_give_in_keras(kinds, taken):
    cells = [getattr(layers, kind + "Cell")(UNITS, dropout=0.3, seed=2) for kind in kinds]
    of_keras = layers.RNN(layers.StackedRNNCells(cells), **WHOLE)
    expected = [of_keras(SEQUENCES)]
    ours = fused.RNN(layers.StackedRNNCells(cells), **WHOLE)
    received = [ours(SEQUENCES)]
    tf.nest.assert_same_structure(received, expected)
    for cell in cells:
        cell.seed_generator.state.assign([0, 2])
    expected.append(of_keras(SEQUENCES, training=True))
    for cell in cells:
        cell.seed_generator.state.assign([0, 2])
    received.append(ours(SEQUENCES, training=True))
    assert_near(received, expected)
    assert len(taken) == 2 * len(kinds)


def test_other_cells_are_left_to_keras(taken):
    class Cell(layers.LSTMCell):
        def call(self, inputs, states, training=False):
            return super().call(2 * inputs, states, training=training)

    apart = layers.GRUCell(UNITS, dropout=0.5, implementation=1, seed=1)  # a mask per gate
    for cell in (Cell(UNITS), layers.SimpleRNNCell(UNITS), apart):
        results = []
        for layer in (layers.RNN(cell), fused.RNN(cell)):
            if cell is apart:
                cell.seed_generator.state.assign([0, 1])
            results.append(layer(SEQUENCES, training=True))
        np.testing.assert_array_equal(*results)
    assert not taken


def network(layer):
    return keras.Sequential([keras.Input(SHAPE[1:]), layer, layers.Dense(2)])


def test_weights_go_from_keras_to_the_fused_layer_and_back(kind, tmp_path):
    *classes, more = KINDS[kind]
    networks = [network(each(UNITS, **more)) for each in classes]
    for source, target in (networks, networks[::-1]):
        source.layers[0].set_weights(
            [RANDOM.normal(size=w.shape) for w in source.layers[0].weights]
        )
        source.save_weights(tmp_path / "m.weights.h5")
        target.load_weights(tmp_path / "m.weights.h5")
        assert_near(target(SEQUENCES), source(SEQUENCES))
        source.save(tmp_path / "m.keras")
        target.load_weights(tmp_path / "m.keras")
        loaded = keras.saving.load_model(tmp_path / "m.keras")
        assert type(loaded.layers[0]) is type(source.layers[0])
        assert loaded.layers[0].get_config() == source.layers[0].get_config()
        np.testing.assert_array_equal(loaded(SEQUENCES), source(SEQUENCES))


def test_exported_network_runs_without_this_library(tmp_path):
    stack = [made(UNITS, return_sequences=True, **options) for _, made, options in KINDS.values()]
    exported = keras.Sequential([keras.Input(SHAPE[1:]), *stack])
    exported.export(tmp_path / "model", verbose=False)
    np.save(tmp_path / "x.npy", SEQUENCES)
    code = (
        "import sys; sys.modules['keras'] = sys.modules['keras_gen'] = None; folder = sys.argv[1]; "
        "import numpy as np, tensorflow as tf; "
        "model = tf.saved_model.load(folder + '/model'); "
        "np.save(folder + '/y.npy', model.serve(np.load(folder + '/x.npy')))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=120)
    assert_near(np.load(tmp_path / "y.npy"), exported(SEQUENCES))


def test_two_replicas_of_half_the_batch_take_the_step_of_one(kind):
    *_, layer = KINDS[kind][:2]
    targets, weights = RANDOM.normal(size=(4, 2)), []
    for devices in (["CPU:0"], ["CPU:0", "CPU:1"]):
        together = tf.distribute.ReductionToOneDevice()
        with tf.distribute.MirroredStrategy(devices, together).scope():
            keras.utils.set_random_seed(1)
            model = network(layer(UNITS, **KINDS[kind][2]))
            model.compile(keras.optimizers.SGD(0.5), "mse")
        model.fit(SEQUENCES, targets, batch_size=4, epochs=2, verbose=0)
        weights.append(model.get_weights())
    assert_near(*weights, rtol=1e-5)
