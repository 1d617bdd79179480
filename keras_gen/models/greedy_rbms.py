"""Restricted Boltzmann machines that are trained one after the other."""

import itertools
import pathlib

from keras_gen import callbacks, data
from keras_gen.models.inputs import argument_error, check_data


def train_rbms_greedily(
    machines, x, epochs, batch_size=100, seed=None, folder=None, verbose="auto"
):
    """Greedy layer-wise training: each machine learns the features of the one before.

        x_1 = x,  x_k+1 = P_k(h=1 | x_k),  machine k: v ~ Bernoulli(x_k), drawn anew in every batch

    The visible biases of each start at the frequencies of its data.

    Args:
        machines: list of compiled `RestrictedBoltzmannMachine`s of binary units; each has the
            hidden units of the one before as its examples.
        x: array of training examples with values in [0, 1].
        epochs: epochs of each machine.
        batch_size: examples per step.
        seed: integer, seed of the order and the binarization of the examples, or `None`.
        folder: folder for `phase_1.state`, `phase_2.state`, ...: after an interruption the same
            training goes on from there. `None` keeps nothing.
        verbose: of `fit`.

    Raises:
        ValueError: before the first step, if there is no machine, the machines do not fit on each
            other, or `x` does not fit the first one.

    Reference:
        Hinton, Osindero, Teh, 2006, A Fast Learning Algorithm for Deep Belief Nets, section 4.
    """
    _check_machines(machines)
    check_data(x, None, "x", machines[0].data_shape(), (0.0, 1.0))
    for number, machine in enumerate(machines, 1):
        machine.rbm.set_visible_frequencies(x.mean(axis=0))
        batches = data.batches(x, batch_size, seed=seed, augment=data.binarize)
        watch = []
        if folder is not None:
            watch = [callbacks.Resume(pathlib.Path(folder) / f"phase_{number}.state", batches)]
        machine.fit(batches, epochs=epochs, callbacks=watch, verbose=verbose)
        x = machine.transform(x)


def _check_machines(machines):
    if len(machines) == 0:
        raise argument_error("machines", "at least one machine", "none")
    for number, (first, second) in enumerate(itertools.pairwise(machines), 1):
        if second.data_shape() != (first.rbm.units,):
            raise argument_error(
                "machines",
                "machines that take the hidden units of the one before",
                f"{first.rbm.units} hidden units of number {number} and examples of shape "
                f"{second.data_shape()} in number {number + 1}",
            )
