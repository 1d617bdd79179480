"""The accuracy of a classifier on images other than those it is validated on."""

import keras
import numpy as np

from keras_gen.arguments import argument_error, class_labels
from keras_gen.callbacks.checks import examples_of, model_with
from keras_gen.callbacks.neighbours import refuse_before
from keras_gen.copies import SharingCopies


class AccuracyOn(SharingCopies, keras.callbacks.Callback):
    """Adds the accuracy on images of another domain to the epoch logs.

        accuracy = mean [argmax_k model(x)_k = y]

    `fit` validates on what the model learns from: for a `DomainAdversarial` those are pairs, and
    its accuracy is that of the source domain. This callback calls the model on single images.

    Args:
        name: of the accuracy in the logs, such as `"target_accuracy"`.
        images: array of images, as the model takes them.
        labels: array of their non-negative integer labels.

    Example:
        watch = AccuracyOn("target_accuracy", test_target, test_labels)
        model.fit(pairs, epochs=5, callbacks=[watch])
    """

    shared = ("images", "labels")

    def __init__(self, name, images, labels):
        super().__init__()
        if not isinstance(name, str) or not name:
            raise argument_error("name", "a text", name)
        self.name = name
        self.images = examples_of("images", images)
        self.labels = class_labels("labels", labels, count=len(self.images))

    def set_model(self, model):
        super().set_model(model)
        refuse_before(self, [self.name])

    def on_train_begin(self, logs=None):
        model_with(self.model, "predict")
        scores = self.model(self.images[:1], training=False)
        if np.ndim(scores) != 2 or scores.shape[1] <= self.labels.max():
            expected = f"a classifier of at least {self.labels.max() + 1} classes"
            received = f"a {type(self.model).__name__} with outputs of shape {np.shape(scores)}"
            raise argument_error("model", expected, received=received)

    def on_epoch_end(self, epoch, logs=None):
        read = self.model.predict(self.images, verbose=0).argmax(axis=1)
        if logs is not None:
            logs[self.name] = float(np.mean(read == self.labels))
