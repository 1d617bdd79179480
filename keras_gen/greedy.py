"""Greedy layer-wise training: autoencoders or machines, each on the features of the one before."""

import itertools
import pathlib

import keras

from keras_gen import callbacks, data
from keras_gen.arguments import argument_error
from keras_gen.models import Autoencoder


def train_autoencoders(
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
        folder: folder for `phase_1.state`, `phase_2.state`, ... Run again after an interruption,
            training resumes after the last finished epoch of the phase that it was in, with the
            same result. `None` keeps nothing.
        verbose: as for `fit`.

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
        autoencoder = train_autoencoders([outer, inner], images, epochs=10, folder="outputs/phases")

    Reference:
        Bengio, Lamblin, Popovici, Larochelle (2007), Greedy Layer-Wise Training of Deep Networks,
        NIPS 19, section 4.
    """
    stacked = stack(phases)
    _check_compiled("phases", phases)
    stacked.check(x)
    for number, phase in enumerate(phases, 1):
        batches = data.batches(x, batch_size, seed)
        validation = None if validation_data is None else (validation_data,)
        _fit(phase, batches, epochs, folder, number, verbose, validation_data=validation)
        x = phase.encode(x)
        validation_data = None if validation_data is None else phase.encode(validation_data)
    return stacked


def train_machines(
    machines, examples, epochs, batch_size=100, seed=None, folder=None, verbose="auto"
):
    """Greedy layer-wise training: each machine learns the features of the one before.

        x_1 = x,  x_k+1 = P_k(h=1 | x_k),  machine k: v ~ Bernoulli(x_k), drawn anew in every batch

    A machine that holds the layers below it, as a `DeepBeliefNetwork` does, receives the examples
    themselves, and draws its features on the way up. The visible biases of each machine start at
    the frequencies of its data.

    Args:
        machines: list of compiled `RestrictedBoltzmannMachine`s of binary units; each takes the
            hidden units of the one before as its examples, or holds the layers of all those before
            below it.
        examples: array of training examples with values in [0, 1], or a tuple `(x, y)` for
            machines that learn from `y` too.
        epochs: epochs of each machine.
        batch_size: examples per step.
        seed: integer, seed of the order and the binarization of the examples, or `None`.
        folder: folder for `phase_1.state`, `phase_2.state`, ... Run again after an interruption,
            training resumes from there. `None` keeps nothing.
        verbose: as for `fit`.

    Returns:
        The `History` of the last machine's training.

    Raises:
        ValueError: before the first step, if there is no machine, one is not compiled, the
            machines do not fit on each other, or the examples do not fit the first one.

    Reference:
        Hinton, Osindero, Teh (2006), A Fast Learning Algorithm for Deep Belief Nets, section 4.
    """
    _check_machines(machines)
    _check_compiled("machines", machines)
    x, *y = examples if isinstance(examples, tuple) else (examples,)
    machines[0].check(x, *y, name="examples")
    for number, machine in enumerate(machines, 1):
        machine.rbm.set_visible_frequencies(machine.visible_means(x, *y))
        batches = data.batches((x, *y) if y else x, batch_size, seed, augment=data.binarize)
        history = _fit(machine, batches, epochs, folder, number, verbose)
        x = x if _has_layers_below(machine) else machine.transform(x)
    return history


def _fit(model, batches, epochs, folder, number, verbose, **kwargs):
    """One phase, resumed from the folder if there is one."""
    watch = []
    if folder is not None:
        watch = [callbacks.Resume(pathlib.Path(folder) / f"phase_{number}.state", batches)]
    return model.fit(batches, epochs=epochs, callbacks=watch, verbose=verbose, **kwargs)


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
            an encoder with several outputs or weights that its decoder shares: they would no
            longer be shared in a saved stack.
    """
    _check_phases(phases)
    x = code = keras.Input(phases[0].expects()[0].shape)
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
        codes, taken = first.encoder.outputs[0].shape[1:], second.expects()[0].shape
        if tuple(codes) != tuple(taken):
            raise argument_error(
                "phases",
                "autoencoders that take the codes of the one before",
                f"codes of shape {tuple(codes)} from phase {number} and examples of shape "
                f"{tuple(taken)} in phase {number + 1}",
            )


def _check_compiled(name, phases):
    for number, phase in enumerate(phases, 1):
        if not phase.compiled:
            raise argument_error(name, "compiled models", f"number {number}, which is not compiled")


def _has_layers_below(machine):
    return hasattr(machine, "below")


def _check_machines(machines):
    if len(machines) == 0:
        raise argument_error("machines", "at least one machine", "none")
    for number, (first, second) in enumerate(itertools.pairwise(machines), 1):
        examples = first.expects()[0].shape if _has_layers_below(second) else (first.rbm.units,)
        if second.expects()[0].shape != examples:
            raise argument_error(
                "machines",
                "machines that take the hidden units of the one before",
                f"{first.rbm.units} hidden units of number {number} and examples of shape "
                f"{second.expects()[0].shape} in number {number + 1}",
            )
