"""Recurrent cells: SimpleRNN, LSTM and GRU, from their equations and from Keras.

A recurrent layer reads a sequence step by step and keeps a state h_t, a function of the previous
state and the new input, with the same weights at every step:

    SimpleRNN   h_t = tanh(W h_{t-1} + U x_t + b)

    LSTM        i, f, o = sigma(W h_{t-1} + U x_t + b), each gate with its own weights
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

The script reads the rows of a digit, once with Keras's layers and once with the equations in NumPy
(`keras_gen.networks.cells`), and compares; then it shows the gates of the LSTM on that image.
Nothing is trained. Expect differences below 1e-6. It takes seconds.
"""

import functools

from keras_gen import runs

# isort: split
import keras
import numpy as np

from keras_gen import networks, plotting

UNITS = 16
COMPARED = 100  # images


def main(run: runs.Run = runs.Run(epochs=None)) -> None:
    """Compares Keras's recurrent layers with their equations.

    Args:
        run: the grey images, whose rows are the steps.
    """
    run.begin()
    _, images = run.images(value_range=(0, 1))
    sequences = images[:COMPARED, ..., 0]

    # Build: Keras's layer, the function that names its gates, and the equations. Biases that are
    # not zero show mistakes that zeros hide.
    options = {"return_sequences": True, "bias_initializer": "random_normal"}
    resets_after = functools.partial(networks.cells.gru, reset_after=True)
    gru = keras.layers.GRU(UNITS, reset_after=False, **options)
    kinds = {
        "SimpleRNN": (keras.layers.SimpleRNN(UNITS, **options), networks.cells.simple_rnn_gates),
        "LSTM": (keras.layers.LSTM(UNITS, **options), networks.cells.lstm_gates),
        "GRU": (gru, networks.cells.gru_gates),
        "GRU with reset_after": (keras.layers.GRU(UNITS, **options), networks.cells.gru_gates),
    }
    equations = [networks.cells.simple_rnn, networks.cells.lstm, networks.cells.gru, resets_after]

    # Compare.
    states, measures = {}, {}
    for (name, (layer, gates_of)), equation in zip(kinds.items(), equations):
        states[name] = np.asarray(layer(sequences))
        difference = np.abs(states[name] - equation(sequences, gates_of(layer))).max()
        measures[f"difference_{name.lower().replace(' ', '_')}"] = difference

    # Look: an image, what the layers remember of it, and the gates of the LSTM, which follow from
    # its states and inputs.
    gates = networks.cells.lstm_gates(kinds["LSTM"][0])
    before = np.concatenate([np.zeros((1, UNITS)), states["LSTM"][0, :-1]])
    panels = {"image, a row per step": sequences[0]}
    panels |= {f"state of {name}": states[name][0] for name in kinds}
    path = run.output / "states.png"
    picture = plotting.activity(panels, "unit or pixel", "step", path, columns=3)
    opened = {
        f"{name} gate": 1 / (1 + np.exp(-gates[name[0]](sequences[0], before)))
        for name in ("input", "forget", "output")
    }
    plotting.activity(opened, "unit", "step", run.output / "gates.png")

    look = "states.png: what each layer holds in its units, step by step; gates are in gates.png"
    run.save(None, "Keras's recurrent layers and their equations", measures, picture, look)


if __name__ == "__main__":
    runs.start(main)
