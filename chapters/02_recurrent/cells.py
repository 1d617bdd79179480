"""Recurrent cells: SimpleRNN, LSTM and GRU, from their equations and from Keras.

A recurrent layer reads a sequence step by step and keeps a state h_t, a function of the state
before and of the new input, with the same weights at every step:

    SimpleRNN   h_t = tanh(W h_{t-1} + U x_t + b)

    LSTM        i, f, o = sigma(W h_{t-1} + U x_t + b), weights of their own for each gate
                g = tanh(W_g h_{t-1} + U_g x_t + b_g)
                c_t = c_{t-1} * f + g * i,   h_t = tanh(c_t) * o

    GRU         z, r = sigma(W h_{t-1} + U x_t + b)
                c = tanh(W_c (h_{t-1} * r) + U_c x_t + b_c)
                h_t = z * c + (1 - z) * h_{t-1}

The forget gate f says how much of the memory c_{t-1} stays, the input gate i how much of the new
content g enters, the output gate o how much of the memory is shown; the update gate z mixes the old
state with the candidate c, whose view of the old state the reset gate r limits.

Keras keeps the gates side by side in the columns of one kernel: i, f, g, o for an LSTM; z, r, c for
a GRU, whose z is the 1 - z of these equations. By default its GRU resets after the product with
W_c, `(W_c h_{t-1} + b') * r`; `reset_after=False` is the equation above.

The script goes through the rows of a digit, once by Keras's layers and once by the equations in
NumPy (`keras_gen.networks.cells`), and compares; then it shows the gates of the LSTM on that image.
Nothing is trained. Expect differences below 1e-6. It takes seconds.
"""

import functools
import pathlib

import keras
import numpy as np
import tyro

from keras_gen import data, plotting
from keras_gen.networks import cells

UNITS = 16


def main(
    dataset: str = "digits",
    limit: int = 100,
    output: pathlib.Path = pathlib.Path("outputs/cells"),
    seed: int = 1,
) -> None:
    """Compares Keras's recurrent layers with their equations.

    Args:
        dataset: digits, mnist, fashion_mnist, or another set of grey images; rows are the steps.
        limit: how many test images are compared.
        output: folder for the pictures.
        seed: start of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    images = data.load(dataset, f"test[:{limit}]", value_range=(0, 1))
    sequences = data.arrays(images)[..., 0]

    # Build: Keras's layer, what names its gates, what computes them. Biases that are not zero
    # show mistakes that zeros hide.
    options = {"return_sequences": True, "bias_initializer": "random_normal"}
    resets_after = functools.partial(cells.gru, reset_after=True)
    kinds = {
        "SimpleRNN": (keras.layers.SimpleRNN(UNITS, **options), cells.simple_rnn_gates),
        "LSTM": (keras.layers.LSTM(UNITS, **options), cells.lstm_gates),
        "GRU": (keras.layers.GRU(UNITS, reset_after=False, **options), cells.gru_gates),
        "GRU, reset_after": (keras.layers.GRU(UNITS, **options), cells.gru_gates),
    }
    equations = [cells.simple_rnn, cells.lstm, cells.gru, resets_after]

    # Compare.
    states, largest = {}, 0.0
    for (name, (layer, gates_of)), equation in zip(kinds.items(), equations):
        states[name] = np.asarray(layer(sequences))
        gates = gates_of(layer)
        difference = np.abs(states[name] - equation(sequences, gates)).max()
        largest = max(largest, difference)
        print(f"{name}: gates {', '.join(gates)}, {layer.count_params()} weights, {difference:.1e}")

    # Look: an image and what the layers remember of it, a row of units per step.
    pictures = np.stack([states[name][0] for name in kinds])
    titles = [f"h of {name}" for name in kinds]
    plotting.image_grid(
        pictures, output / "states.png", columns=len(kinds), value_range=(-1, 1), titles=titles
    )
    plotting.image_grid(sequences[:1], output / "image.png", value_range=(0, 1))

    # Look: the gates of the LSTM, which follow from its states and inputs.
    gates = cells.lstm_gates(kinds["LSTM"][0])
    before = np.concatenate([np.zeros((1, UNITS)), states["LSTM"][0, :-1]])
    opened = [1 / (1 + np.exp(-gates[name](sequences[0], before))) for name in "ifo"]
    titles = ["input gate", "forget gate", "output gate"]
    plotting.image_grid(
        np.stack(opened), output / "gates.png", columns=3, value_range=(0, 1), titles=titles
    )
    print(f"Largest difference of all {largest:.1e}. Pictures are in {output}.")


if __name__ == "__main__":
    tyro.cli(main)
