"""Stacks of autoencoders that are trained one after the other."""

import itertools
import pathlib

import keras

from keras_gen import callbacks, data
from keras_gen.models.autoencoder import Autoencoder
from keras_gen.models.inputs import argument_error, check_data


def train_greedily(
    phases,
    x,
    epochs,
    batch_size=32,
    seed=None,
    validation_data=None,
    folder=None,
    verbose="auto",
):
    """Greedy layer-wise training: each autoencoder learns to copy the codes of the one before.

        x_1 = x,  x_{k+1} = encoder_k(x_k),  phase k: decoder_k(encoder_k(x_k)) -> x_k

    Every phase sees the whole encoded training set, and no later phase changes an earlier one.

    Args:
        phases: list of compiled `Autoencoder`s, usually shallow; each takes codes of the one
            before.
        x: array of training examples.
        epochs: epochs of each phase.
        batch_size: examples per step.
        seed: integer, seed of the order of the examples, or `None` for a new one each time.
        validation_data: array of held-out examples, encoded from phase to phase as `x` is, or
            `None`.
        folder: folder for `phase_1.state`, `phase_2.state`, ... Run the same training again after
            an interruption, and it goes on after the last finished epoch of the phase that it was
            in, to the same result. `None` keeps nothing.
        verbose: of `fit`.

    Returns:
        `stack(phases)`, not compiled: compile it and `fit` it to tune all layers jointly. Every
        phase has its own `history`.

    Raises:
        ValueError: before the first step, if there is no phase, one is not compiled or does not
            take the codes of the one before, or the data do not fit the first one.

    Example:
        outer = Autoencoder(
            mlp_encoder(784, [], 100, output_activation="relu"), mlp_decoder(100, [], 784)
        )
        inner = Autoencoder(
            mlp_encoder(100, [], 30), mlp_decoder(30, [], 100, output_activation="relu")
        )
        for phase in (outer, inner):
            phase.compile("nadam", "mse")
        autoencoder = train_greedily([outer, inner], images, epochs=10, folder="outputs/phases")

    Reference:
        Bengio, Lamblin, Popovici, Larochelle (2007), Greedy Layer-Wise Training of Deep Networks,
        NIPS 19, section 4.
    """
    stacked = stack(phases)
    for number, phase in enumerate(phases, 1):
        if not phase.compiled:
            raise argument_error(
                "phases", "compiled autoencoders", f"phase {number}, which is not compiled"
            )
    check_data(x, None, "x", stacked.data_shape(), stacked.value_range)
    for number, phase in enumerate(phases, 1):
        batches = data.batches(x, batch_size, seed)
        watch = []
        if folder is not None:
            watch = [callbacks.Resume(pathlib.Path(folder) / f"phase_{number}.state", batches)]
        validation = None if validation_data is None else (validation_data,)
        phase.fit(
            batches, epochs=epochs, validation_data=validation, callbacks=watch, verbose=verbose
        )
        x = phase.encode(x)
        validation_data = None if validation_data is None else phase.encode(validation_data)
    return stacked


def stack(phases):
    """One autoencoder out of many: first all encoders, then all decoders in reverse order.

        encoder = encoder_n . ... . encoder_1,  decoder = decoder_1 . ... . decoder_n

    The layers are shared with the phases, not copied: training the stack trains them.

    Args:
        phases: list of `Autoencoder`s, each taking codes of the one before.

    Returns:
        An `Autoencoder`, not compiled, with the `value_range` and `seed` of the first phase.

    Raises:
        ValueError: if there is no phase, one does not take the codes of the one before, or one has
            an encoder with several outputs or weights that its decoder shares: they would not be
            shared any more in a saved stack.
    """
    _check_phases(phases)
    x = code = keras.Input(phases[0].data_shape())
    for number, phase in enumerate(phases, 1):
        code = _part(phase.encoder, f"encoder_{number}")(code)
    z = output = keras.Input(code.shape[1:])
    for number, phase in reversed(list(enumerate(phases, 1))):
        output = _part(phase.decoder, f"decoder_{number}")(output)
    encoder = keras.Model(x, code, name="encoder")
    decoder = keras.Model(z, output, name="decoder")
    return Autoencoder(encoder, decoder, phases[0].value_range, seed=phases[0].seed)


def _part(half, name):
    """The same layers under a name that no other part of the stack has."""
    return keras.Model(half.inputs[0], half.outputs[0], name=name)


def _check_phases(phases):
    if len(phases) == 0:
        raise argument_error("phases", "at least one autoencoder", "none")
    for number, phase in enumerate(phases, 1):
        if len(phase.encoder.outputs) != 1:
            raise argument_error(
                "phases",
                "encoders with one output",
                f"phase {number}, whose encoder has {len(phase.encoder.outputs)}",
            )
        encoding = {id(variable) for variable in phase.encoder.variables}
        if any(id(variable) in encoding for variable in phase.decoder.variables):
            raise argument_error(
                "phases",
                "encoders and decoders that share no weights",
                f"phase {number}, a {type(phase).__name__} whose halves do",
            )
    for number, (first, second) in enumerate(itertools.pairwise(phases), 1):
        codes, taken = first.encoder.outputs[0].shape[1:], second.data_shape()
        if tuple(codes) != tuple(taken):
            raise argument_error(
                "phases",
                "autoencoders that take the codes of the one before",
                f"codes of shape {tuple(codes)} from phase {number} and examples of shape "
                f"{tuple(taken)} in phase {number + 1}",
            )
