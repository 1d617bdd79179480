"""How long an epoch of an LSTM or a GRU takes, side by side with PyTorch's, on the CPU.

Both learn to predict every character of a text from those before it, in nats per character:

    LSTM            embedding 64, LSTM 256, dense; the model of chapters/02_recurrent
    two LSTMs       the same with LSTM 256 twice
    GRU             the same with GRU 256

in batches of 64 pieces of 100 characters from an alphabet of 65, with Adam(2e-3). PyTorch's
`nn.LSTM` and `nn.GRU` get a copy of the weights, and the benchmark stops unless all give the same
logits, the same loss and the same gradients of the recurrent weights.

keras_gen is what `fit()` does over `data.batches`, with its shuffling, progress and logs; PyTorch
goes through the same batches, which are ready, in a plain loop. `--loops` names other ways through
the sequence than keras_gen's (`recurrent_variants.py`), all of them by default. All take turns, an
epoch each, for some rounds of one run; a ratio is the median of the rounds' ratios.

Leave the machine alone meanwhile. It takes twenty minutes on two cores, and eight with
`--loops keras_gen Keras`.
"""

import functools
import pathlib
import time
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
import tyro
from recurrent_variants import LOOPS, OF_LSTM, Compiled
from train_step import limit_threads, machine, milliseconds, ratio, table

from keras_gen import data, models
from keras_gen.models.autoregressive import character_model

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    torch = None

SEED = 1
CHARACTERS = 65  # as many as the works of Shakespeare have
EMBEDDING_DIM, UNITS, BATCH_SIZE, LENGTH = 64, 256, 64, 100
LEARNING_RATE, EPSILON = 2e-3, 1e-7  # Keras's default in Adam; PyTorch's is 1e-8
MODELS = {"LSTM": ("LSTM", 1), "two LSTMs": ("LSTM", 2), "GRU": ("GRU", 1)}
TOLERANCE = 1e-4  # float32 sums of some hundred terms, in another order


def main(
    rounds: int = 5,
    steps: int = 50,
    threads: int | None = None,
    steps_per_execution: int = 10,
    only: tuple[str, ...] = tuple(MODELS),
    loops: tuple[str, ...] = (*LOOPS, *OF_LSTM),
    output: pathlib.Path | None = None,
) -> None:
    """Times epochs of training and prints a table.

    Args:
        rounds: how often every epoch is timed, in turn.
        steps: batches of an epoch.
        threads: threads (and cores) for both frameworks; by default all cores.
        steps_per_execution: steps that `fit()` takes in one call.
        only: the models.
        loops: the ways through a sequence.
        output: Markdown file for the table.
    """
    if torch is None:
        raise SystemExit("This needs PyTorch, the extra `bench`: pip install -e '.[bench]'")
    threads = limit_threads(threads)
    text = np.random.default_rng(SEED).integers(CHARACTERS, size=(steps * BATCH_SIZE, LENGTH + 1))
    text = text.astype("int32")
    seconds = {}
    for name in only:
        kind, layers = MODELS[name]
        known = LOOPS | (OF_LSTM if kind == "LSTM" else {})
        made, module = {}, None
        for loop in (each for each in loops if each in known):
            print(f"building {name}, {loop} ...", flush=True)
            made[loop] = new_model(kind, layers, known[loop], steps_per_execution)
            module = module or torch_model(made[loop], kind, layers)
            check_same(made[loop], module, text[:BATCH_SIZE])
        print(f"timing {name} ...", flush=True)
        seconds[name] = timed(made, module, text, rounds)
    report = tables(seconds, threads, rounds, steps)
    print("\n" + report)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(report + "\n")


def new_model(kind, layers, loop, steps_per_execution):
    """A compiled character model that goes through its sequences by a class of `LOOPS`."""
    keras.utils.set_random_seed(SEED)
    alphabet = "".join(map(chr, range(ord("0"), ord("0") + CHARACTERS)))
    cells = [getattr(keras.layers, f"{kind}Cell")(UNITS) for _ in range(layers)]
    with mock.patch.object(character_model, "RNN", loop):
        model = models.CharacterModel(alphabet, cells, EMBEDDING_DIM, seed=SEED)
    optimizer = keras.optimizers.Adam(LEARNING_RATE, epsilon=EPSILON)
    options = {"jit_compile": True} if loop is Compiled else {}
    model.compile(optimizer, steps_per_execution=steps_per_execution, **options)
    return model


if torch is not None:

    class TorchModel(nn.Module):
        """Embedding, LSTM or GRU, logits."""

        def __init__(self, kind, layers):
            super().__init__()
            self.embedding = nn.Embedding(CHARACTERS, EMBEDDING_DIM)
            self.recurrent = getattr(nn, kind)(EMBEDDING_DIM, UNITS, layers, batch_first=True)
            self.head = nn.Linear(UNITS, CHARACTERS)

        def forward(self, tokens):
            return self.head(self.recurrent(self.embedding(tokens))[0])


def torch_model(model, kind, layers):
    """PyTorch's network with the Keras model's weights.

    Both order the gates of an LSTM i, f, g, o, and PyTorch has two biases, whose sum counts; the
    second one is zero and stays as it is, so that the steps are the same. Both have two biases in a
    GRU, whose gates Keras orders u, r, g and PyTorch r, u, g.
    """
    module = TorchModel(kind, layers)
    weights = {
        module.embedding.weight: model.embedding.get_weights()[0],
        module.head.weight: model.head.get_weights()[0].T,
        module.head.bias: model.head.get_weights()[1],
    }
    for index, cell in enumerate(model.cells):
        kernel, recurrent_kernel, bias = map(in_torch_order, cell.get_weights())
        biases = np.atleast_2d(bias)
        recurrent = module.recurrent
        weights[getattr(recurrent, f"weight_ih_l{index}")] = kernel.T
        weights[getattr(recurrent, f"weight_hh_l{index}")] = recurrent_kernel.T
        weights[getattr(recurrent, f"bias_ih_l{index}")] = biases[0]
        second = getattr(recurrent, f"bias_hh_l{index}")
        weights[second] = biases[1] if kind == "GRU" else np.zeros_like(bias)
        second.requires_grad_(kind == "GRU")
    with torch.no_grad():
        for parameter, value in weights.items():
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
    return module


def in_torch_order(numbers):
    """The columns of Keras's gates in PyTorch's order."""
    gates = np.split(numbers, numbers.shape[-1] // UNITS, axis=-1)
    return np.concatenate([gates[1], gates[0], gates[2]] if len(gates) == 3 else gates, axis=-1)


def torch_epoch(module, batches):
    """A function that takes a step for each batch."""
    moved = [parameter for parameter in module.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(moved, LEARNING_RATE, eps=EPSILON)

    def epoch():
        for tokens in batches:
            logits = module(tokens[:, :-1])
            loss = functional.cross_entropy(logits.transpose(1, 2), tokens[:, 1:])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.item()

    return epoch


def check_same(model, module, tokens):
    """Raises a ValueError unless logits, loss and the weights after a step are the same."""
    torch_tokens = torch.from_numpy(tokens).long()
    with torch.no_grad():
        theirs = {"logits": module(torch_tokens[:, :-1]).numpy()}
    ours = {"logits": model(tokens[:, :-1]).numpy()}
    with tf.GradientTape() as tape:
        loss = model.objective(tokens, training=True)
    gradients = tape.gradient(loss, model.trainable_variables)
    module.zero_grad()
    logits = module(torch_tokens[:, :-1])
    torch_loss = functional.cross_entropy(logits.transpose(1, 2), torch_tokens[:, 1:])
    torch_loss.backward()
    ours["loss"], theirs["loss"] = loss.numpy(), torch_loss.item()
    by_name = dict(zip((v.path for v in model.trainable_variables), gradients))
    for index, cell in enumerate(model.cells):
        name = f"recurrent gradient {index}"
        ours[name] = in_torch_order(by_name[cell.recurrent_kernel.path].numpy()).T
        theirs[name] = getattr(module.recurrent, f"weight_hh_l{index}").grad.numpy()
    module.zero_grad()
    for name, value in ours.items():
        error = np.max(np.abs(value - theirs[name])) / np.max(np.abs(value))
        if not error < TOLERANCE:
            raise ValueError(f"{name}: keras_gen and PyTorch differ by {error:.2g} of the largest")


def timed(made, module, text, rounds):
    """Seconds per step in each round, of every model and of PyTorch."""
    batches = data.batches(text, BATCH_SIZE, seed=SEED)
    count = len(batches)
    turns = {
        loop: functools.partial(model.fit, batches, epochs=1, verbose=0)
        for loop, model in made.items()
    }
    torch_batches = [torch.from_numpy(each).long() for each in np.split(text, count)]
    turns["PyTorch"] = torch_epoch(module, torch_batches)
    seconds = {name: [] for name in turns}
    for turn in turns.values():
        turn()  # compiles
    for _ in range(rounds):
        for name, turn in turns.items():
            start = time.perf_counter()
            turn()
            seconds[name].append((time.perf_counter() - start) / count)
    return seconds


def tables(seconds, threads, rounds, steps):
    """Markdown: a row per model and loop."""
    versions = ", ".join(f"{name} {value}" for name, value in machine(threads).items() if value)
    rows = [
        [name, loop, milliseconds(times), ratio(times, of_model["PyTorch"])]
        + [ratio(times, of_model["Keras"]) if "Keras" in of_model else ""]
        for name, of_model in seconds.items()
        for loop, times in of_model.items()
    ]
    head = ["model", "loop", "step", "of PyTorch's", "of Keras's"]
    heading = f"{versions}; per step, {rounds} rounds of an epoch of {steps} steps"
    return "\n".join([heading, "", *table(head, rows)])


if __name__ == "__main__":
    tyro.cli(main)
