"""Whether a game has learned its training images by heart, and whether its samples are copies."""

import keras
import numpy as np

from keras_gen.arguments import argument_error, integer
from keras_gen.callbacks.checks import examples_of, model_with
from keras_gen.callbacks.neighbours import refuse_before
from keras_gen.callbacks.unchanged import unchanged
from keras_gen.copies import SharingCopies
from keras_gen.metrics import nearest_neighbours
from keras_gen.plotting import image_rows

LOGGED = ("score_training", "score_held_out", "overfitting")
STRENGTH = "augment_strength"
_BATCH = 256
_ORDINALS = ("nearest", "second", "third", "fourth", "fifth")


class OverfittingReport(SharingCopies, keras.callbacks.Callback):
    """Adds `overfitting` to the epoch logs: how much better the discriminator likes known images.

        overfitting = E[D(training)] - E[D(held out)]

    It is zero as long as D cannot tell the two apart, and the generator can become no better than
    D's idea of a real image. The means themselves are `score_training` and `score_held_out`; where
    the strength of an augmentation is adaptive, it is logged as `augment_strength`. Images are
    judged as they are, without augmentation, in inference. Measuring leaves no trace.

    After `fit`, `measures()` compares samples with the training images, and `picture()` shows it:

        copying = E min_j |sample - training_j| / E min_j |held out - training_j|

    Far below 1 the samples are copies. Held-out images must be of the same kind and no copies
    themselves: of other persons, for faces.

    Args:
        training: array of training images.
        held_out: array of images that are not used in training.
        extractor: a `metrics.FeatureExtractor` in whose features distances are taken; `None` for
            distances between pixels.
        seed: integer that fixes the samples.

    Reference:
        Karras et al. (2020), Training Generative Adversarial Networks with Limited Data,
        arXiv:2006.06676, figure 1 and section 3.
    """

    shared = ("training", "held_out")

    def __init__(self, training, held_out, extractor=None, seed=0):
        super().__init__()
        self.training = examples_of("training", training)
        self.held_out = examples_of("held_out", held_out)
        self.extractor = extractor
        self.seed = integer("seed", seed)

    def set_model(self, model):
        super().set_model(model)
        refuse_before(self, [*LOGGED, STRENGTH])

    def on_train_begin(self, logs=None):
        model_with(self.model, "as_shown", "score", "generate", "expects")
        images, labels = self.model.expects()
        if labels is not None:
            received = f"a {type(self.model).__name__} with labels"
            raise argument_error("model", "a game without labels", received=received)
        for name in ("training", "held_out"):
            images.check(getattr(self, name), name)

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs.update(self.observe())

    def observe(self):
        """The quantities of the model as it is, a dict of floats."""
        with unchanged(self.model):
            known, unknown = self._score(self.training), self._score(self.held_out)
        found = dict(zip(LOGGED, (known, unknown, known - unknown)))
        if getattr(self.model, "adaptive", False):
            found[STRENGTH] = float(self.model.augment.strength)
        return found

    def _score(self, images):
        """The discriminator's mean score of images."""
        parts = np.split(images, range(_BATCH, len(images), _BATCH))
        scores = [self.model.score(self.model.as_shown(part), training=False) for part in parts]
        total = sum(np.mean(score, dtype="float64") * len(score) for score in scores)
        return float(total / len(images))

    def measures(self):
        """Mean distances to the nearest training image, and their ratio: a dict of floats."""
        generated = self.model.generate(len(self.held_out), seed=self.seed)
        distances = [self._nearest(each)[1].mean() for each in (generated, self.held_out)]
        return {
            "distance_of_samples": float(distances[0]),
            "distance_of_held_out": float(distances[1]),
            "copying": float(distances[0] / distances[1]),
        }

    def picture(self, path=None, count=8, neighbours=3):
        """Samples and held-out images, and below each the nearest training images.

        Args:
            path: file to write.
            count: number of samples and of held-out images.
            neighbours: number of training images below each, at most 5.

        Returns:
            A `matplotlib.figure.Figure`.
        """
        count = min(integer("count", count, least=1), len(self.held_out))
        neighbours = integer("neighbours", neighbours, least=1, most=len(_ORDINALS))
        rows = {}
        known = {"sample": self.model.generate(count, seed=self.seed), "held out": self.held_out}
        for name, images in known.items():
            indices, _ = self._nearest(images[:count], neighbours)
            rows[name] = images[:count]
            for order, column in zip(_ORDINALS, indices.T):
                rows[f"{order} to {name}"] = self.training[column]
        title = "Samples, held-out images, and the training images nearest to each"
        return image_rows(rows, path, value_range=self.model.value_range, title=title)

    def _nearest(self, images, count=1):
        """Indices and distances of the nearest training images."""
        if self.extractor is None:
            return nearest_neighbours(images, self.training, count)
        value_range = self.model.value_range
        features = [self.extractor.features(x, value_range) for x in (images, self.training)]
        return nearest_neighbours(*features, count)
