"""Vanishing and exploding gradients: why a simple recurrent network forgets, and what helps.

Backpropagation through time goes from the loss of the last step back to every earlier state. On
the way to step t the gradient is multiplied by one Jacobian per step:

    dL_T/dh_t = dL_T/dh_T  (dh_T/dh_{T-1})  (dh_{T-1}/dh_{T-2})  ...  (dh_{t+1}/dh_t)
    dh_t/dh_{t-1} = diag(1 - h_t^2) W     for h_t = tanh(W h_{t-1} + U x_t)

If these matrices are small, the product vanishes and nothing is learned from early steps; if they
are large, it explodes. The pictures show |dL_T/dh_t| for every t, before any training on the task:

    cells.png      SimpleRNN with small and with large random weights, LSTM with Keras's biases
                   and with spread ones (below), GRU
    remedies.png   the SimpleRNN with small weights, and what can be done about it: proper
                   initialization (an orthogonal or the identity matrix), ReLU instead of tanh,
                   weights pre-trained without supervision (to hold the last steps' inputs)

The LSTM's memory c_t = c_{t-1} * f + g * i is only multiplied by the forget gate, and a gate that
is nearly open lets the gradient through. One with Keras's forget bias of 1 keeps .73 per step,
too little for a hundred of them. For a long memory the biases are spread, so that some units keep
their content for a few steps and others for a hundred: log of a uniform number from 1 to T - 1, and
the negative for the input gate (Tallec and Ollivier).

Which remedies help before any training? With an orthogonal matrix a ten-thousandth of the
gradient arrives at the first step, with the identity a tenth. ReLU helps only together with such a
matrix, then a third arrives; with small weights the gradient vanishes even faster than with tanh.
Pre-training lets it through for the ten steps that were to be held, and not much further.

Then both are trained on a task that needs the early steps, the adding problem with T = 100:
among 100 to 110 random numbers two are marked, in the first half, and the output is
.5 + (X_1 + X_2) / 4. A sequence counts as right if the output is within .04. Each sees about
74,000 sequences, 7,400 different ones ten times. Expect the LSTM to get all 2,560 test sequences
right, or all but one, and the SimpleRNN, which starts orthogonal, to learn no more than the mean.
So does an LSTM with Keras's biases in that time; the LSTM of 1997 had no forget gate, which is one
that is always open. It takes about a minute.

References: Hochreiter and Schmidhuber (1997), Long Short-Term Memory, experiment 4; Le, Jaitly and
Hinton (2015), A Simple Way to Initialize Recurrent Networks of Rectified Linear Units,
arXiv:1504.00941; Tallec and Ollivier (2018), Can recurrent neural networks warp time?,
arXiv:1804.11188, equation 15.
"""

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import data, metrics, networks, plotting

STEPS = 100
UNITS = 32
BATCH_SIZE = 32
LEARNING_RATE = 1e-2  # Adam's, brought to zero along a cosine
TEST_COUNT, TOLERANCE = 2_560, 0.04  # of the paper
SMALL, LARGE = 0.5 / UNITS**0.5, 2.0 / UNITS**0.5  # deviations of the random weights
RECALLED, PRETRAINING_EPOCHS, PRETRAINING_RATE = 10, 10, 3e-3


def main(run: runs.Run = runs.Run(dataset=None, epochs=10), sequences: int = 7_400) -> None:
    """Shows gradients through time and trains on the adding problem.

    Args:
        run: how long to train; `limit` is also a number of training sequences.
        sequences: number of training sequences.
    """
    run.begin()
    train = data.sequences.adding(min(sequences, run.limit or sequences), STEPS, run.seed)
    test = data.sequences.adding(TEST_COUNT, STEPS, run.seed + 1_000_000)

    # Look at the gradients of three cells, and of a SimpleRNN with each remedy.
    pretraining = min(PRETRAINING_EPOCHS, run.epochs)
    compared = {
        "cells": cells(train[0], run.seed),
        "remedies": remedies(train[0], run.seed, pretraining),
    }
    for name, layers in compared.items():
        norms = {}
        for kind, layer in layers.items():
            layer(train[0][:1])
            arrived = metrics.state_gradient_norms(layer, train[0][:100], mean_state)
            norms[kind] = arrived.mean(axis=0)[-STEPS:]
            run.print(f"{kind}: gradient at the first step {norms[kind][0] / norms[kind][-1]:.1e}")
        plotting.gradient_norms(norms, run.output / f"{name}.png")

    # Train: an LSTM, and a SimpleRNN that starts orthogonal, as Keras's does, on the same task.
    curves, measures = {}, {}
    learners = {
        "simple_rnn": simple_rnn("tanh", "orthogonal"),
        "lstm": long_memory(keras.layers.LSTM(UNITS), train[0], run.seed),
    }
    for name, layer in learners.items():
        model = networks.recurrent_reader(train[0].shape[1:], layer, 1)
        batches = data.batches(train, BATCH_SIZE, seed=run.seed, drop_remainder=True)
        schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, run.epochs * len(batches))
        model.compile(keras.optimizers.Adam(schedule, clipnorm=1.0), "mse", steps_per_execution=10)
        history = model.fit(
            batches,
            epochs=run.epochs,
            shuffle=False,  # the batches come shuffled
            validation_data=test,
            callbacks=run.watch(batches, name=name),
        ).history
        curves.update({f"{name}_loss": history["loss"], f"val_{name}_loss": history["val_loss"]})
        errors = np.abs(model.predict(test[0], batch_size=512, verbose=0) - test[1])
        suffix = "" if name == "lstm" else f"_{name}"
        measures[f"wrong_of_{TEST_COUNT}{suffix}"] = (errors > TOLERANCE).sum()
        measures[f"mse{suffix}"] = history["val_loss"][-1]
    measures["mse_of_the_mean"] = test[1].var()
    picture = plotting.training_curves(curves, run.output / "training.png")

    # Save the LSTM.
    what = f"LSTM of {UNITS} units for the adding problem with T = {STEPS}"
    look = "cells.png: how much of the gradient arrives at each step, in which cell"
    run.save(model, what, measures, picture, look, data="adding_problem", value_range=(-1, 1))


def simple_rnn(activation, recurrent_initializer, **options):
    return keras.layers.SimpleRNN(
        UNITS, activation, recurrent_initializer=recurrent_initializer, **options
    )


def cells(sequences, seed):
    """Layers whose gradients are to be compared."""
    return {
        "SimpleRNN, small weights": simple_rnn("tanh", normal(SMALL, seed)),
        "SimpleRNN, large weights": simple_rnn("tanh", normal(LARGE, seed)),
        "LSTM": keras.layers.LSTM(UNITS),
        "LSTM, long memory": long_memory(keras.layers.LSTM(UNITS), sequences, seed),
        "GRU": keras.layers.GRU(UNITS),
    }


def remedies(sequences, seed, epochs):
    """A SimpleRNN with small weights, and what can be done about it."""
    orthogonal = keras.initializers.Orthogonal(seed=seed)
    taught = simple_rnn("tanh", normal(SMALL, seed), return_sequences=True)
    return {
        "small weights, tanh": simple_rnn("tanh", normal(SMALL, seed)),
        "orthogonal, tanh": simple_rnn("tanh", orthogonal),
        "identity, tanh": simple_rnn("tanh", "identity"),
        "small weights, ReLU": simple_rnn("relu", normal(SMALL, seed)),
        "identity, ReLU": simple_rnn("relu", "identity"),
        "small weights, tanh, pre-trained": pretrained(taught, sequences, epochs),
    }


def normal(stddev, seed):
    return keras.initializers.RandomNormal(stddev=stddev, seed=seed)


def long_memory(lstm, sequences, seed):
    """An LSTM whose units remember for 1 to T - 1 steps: Tallec and Ollivier (2018)."""
    lstm(sequences[:1])
    kernel, recurrent, bias = lstm.get_weights()
    times = np.random.default_rng(seed).uniform(1, STEPS - 1, UNITS)
    bias[:UNITS], bias[UNITS : 2 * UNITS] = -np.log(times), np.log(times)
    lstm.set_weights([kernel, recurrent, bias])
    return lstm


def pretrained(layer, sequences, epochs):
    """A layer that has learned, without any target of the task, to hold its last inputs."""
    held = data.sequences.recent(sequences, RECALLED)
    model = networks.recurrent_reader(sequences.shape[1:], layer, held.shape[-1])
    model.compile(keras.optimizers.Adam(PRETRAINING_RATE, clipnorm=1.0), "mse")
    model.fit(sequences[:2000], held[:2000], epochs=epochs, verbose=0)
    return layer


def mean_state(h):
    return keras.ops.mean(h, axis=-1)


if __name__ == "__main__":
    runs.start(main)
