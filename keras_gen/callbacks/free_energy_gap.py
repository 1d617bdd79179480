"""How much more probable a Boltzmann machine finds its training images than others."""

import keras
import numpy as np

from keras_gen.callbacks.checks import examples_of, model_with
from keras_gen.callbacks.neighbours import refuse_before
from keras_gen.copies import SharingCopies


class FreeEnergyGap(SharingCopies, keras.callbacks.Callback):
    """Adds `free_energy_gap` to the epoch logs: where it grows, the machine overfits.

        gap = mean F(held out) - mean F(training)        in nats

    log Z is the same for both and drops out, so the gap is exactly the difference of the mean log
    probabilities, although neither of them is known.

    Args:
        training: array of training images.
        held_out: array of images that are not used in training.

    Reference:
        Hinton (2012), A Practical Guide to Training Restricted Boltzmann Machines, section 6.
    """

    shared = ("training", "held_out")

    def __init__(self, training, held_out):
        super().__init__()
        self.training = examples_of("training", training)
        self.held_out = examples_of("held_out", held_out)

    def set_model(self, model):
        super().set_model(model)
        refuse_before(self, ["free_energy_gap"])

    def on_train_begin(self, logs=None):
        model_with(self.model, "free_energy")
        for name in ("training", "held_out"):
            self.model.check(getattr(self, name), name=name)

    def on_epoch_end(self, epoch, logs=None):
        energies = [self.model.free_energy(images) for images in (self.held_out, self.training)]
        if logs is not None:
            logs["free_energy_gap"] = float(np.mean(energies[0]) - np.mean(energies[1]))
