"""Precision and recall of generated images: are they good, and are they all there is?"""

import numpy as np

from keras_gen.arguments import integer, positive_integer
from keras_gen.distances import squared_distances
from keras_gen.metrics.arguments import check_vectors
from keras_gen.metrics.image_sets import FeatureSets


def manifold_coverage(references, queries, neighbours=3):
    """The share of the queries that lie on the manifold of the references.

        mean_q [ there is an r with ||q - r|| <= ||r - NN_k(r)|| ]

    The manifold is the union of balls around the references; a ball reaches to its centre's
    k-th nearest other reference.

    Args:
        references: floats `(n, d)`.
        queries: floats `(m, d)`.
        neighbours: k.

    Returns:
        Float in [0, 1].

    Raises:
        ValueError: if there are no more references than `neighbours`, or widths differ.

    Reference:
        Kynkaanniemi et al. (2019), Improved Precision and Recall Metric for Assessing Generative
        Models, arXiv:1904.06991, equations 1 and 2.
    """
    references, queries = check_vectors(1, references=references, queries=queries)
    neighbours = integer("neighbours", neighbours, least=1, most=len(references) - 1)
    radii = np.concatenate(
        [
            # The nearest, at index 0, is the reference itself.
            np.partition(squared, neighbours, axis=1)[:, neighbours]
            for squared in squared_distances(references, references)
        ]
    )
    covered = [(squared <= radii).any(axis=1) for squared in squared_distances(queries, references)]
    return float(np.concatenate(covered).mean())


def precision_recall(real, fake, neighbours=3):
    """Precision and recall of generated features.

        precision = share of `fake` on the manifold of `real`
        recall = share of `real` on the manifold of `fake`

    Generated images that are good and all alike have a high precision and a low recall.

    Args:
        real: features `(n, d)`.
        fake: features `(m, d)`.
        neighbours: k of `manifold_coverage`.

    Returns:
        Two floats in [0, 1].

    Reference:
        Kynkaanniemi et al. (2019), Improved Precision and Recall Metric for Assessing Generative
        Models, arXiv:1904.06991, equation 2.
    """
    return manifold_coverage(real, fake, neighbours), manifold_coverage(fake, real, neighbours)


class _ManifoldMetric(FeatureSets):
    kind = None

    def __init__(self, extractor, value_range, neighbours=3, name=None):
        super().__init__(extractor, value_range, name or f"{self.kind}_{extractor.name}")
        self.neighbours = positive_integer("neighbours", neighbours)


class ManifoldPrecision(_ManifoldMetric):
    """The share of the generated images that lie on the manifold of the real ones.

    It keeps all features, and depends on their number: compare equal numbers of images only.

    Args:
        extractor: a `FeatureExtractor`.
        value_range: pair, the range in which the images' values lie.
        neighbours: k of `manifold_coverage`.
        name: defaults to `"precision_"` and the extractor's name.

    Reference:
        Kynkaanniemi et al. (2019), Improved Precision and Recall Metric for Assessing Generative
        Models, arXiv:1904.06991.
    """

    kind = "precision"

    def result(self):
        """The share, a float in [0, 1]."""
        real, fake = self.collected(least=self.neighbours + 1)
        return manifold_coverage(real, fake, self.neighbours)


class ManifoldRecall(_ManifoldMetric):
    """The share of the real images that lie on the manifold of the generated ones.

    It keeps all features, and depends on their number: compare equal numbers of images only.

    Args:
        extractor: a `FeatureExtractor`.
        value_range: pair, the range in which the images' values lie.
        neighbours: k of `manifold_coverage`.
        name: defaults to `"recall_"` and the extractor's name.

    Reference:
        Kynkaanniemi et al. (2019), Improved Precision and Recall Metric for Assessing Generative
        Models, arXiv:1904.06991.
    """

    kind = "recall"

    def result(self):
        """The share, a float in [0, 1]."""
        real, fake = self.collected(least=self.neighbours + 1)
        return manifold_coverage(fake, real, self.neighbours)
