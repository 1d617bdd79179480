"""Measures of generated images, in float64 and named after the network whose features they use;
and of sequences."""

from keras_gen.images import check_images, rescale
from keras_gen.metrics.annealing import PartitionEstimate, annealing_schedule, log_partition
from keras_gen.metrics.appearance import Colourfulness, Sharpness
from keras_gen.metrics.baselines import (
    neighbourhood_regression,
    pca_copies,
    pca_error,
    principal_components,
    subspace_angle,
)
from keras_gen.metrics.classifier_scores import gan_test, gan_train
from keras_gen.metrics.components import ComponentsExtractor, diversity
from keras_gen.metrics.extractors import (
    FeatureExtractor,
    InceptionExtractor,
    LeNetExtractor,
)
from keras_gen.metrics.fidelity import (
    AbsoluteError,
    PeakSignalToNoise,
    PixelAccuracy,
    StructuralSimilarity,
)
from keras_gen.metrics.frechet import FrechetDistance, frechet_distance
from keras_gen.metrics.gradient_flow import state_gradient_norms
from keras_gen.metrics.inception_score import InceptionScore, inception_score
from keras_gen.metrics.kernel import KernelDistance, squared_mmd, squared_mmd_error
from keras_gen.metrics.likelihood import importance_weighted_bound, importance_weighted_nll
from keras_gen.metrics.modes import MixtureModes, StackedModes
from keras_gen.metrics.neighbours import nearest_neighbours
from keras_gen.metrics.path_length import PerceptualPathLength, lerp, slerp
from keras_gen.metrics.precision_recall import (
    ManifoldPrecision,
    ManifoldRecall,
    manifold_coverage,
    precision_recall,
)
from keras_gen.metrics.random_features import RandomExtractor
from keras_gen.metrics.separability import linear_separability
from keras_gen.metrics.sliced_wasserstein import SlicedWasserstein, sliced_wasserstein
from keras_gen.metrics.translations import (
    matched_colors,
    matched_histograms,
    relative_change,
    relative_variance,
)
from keras_gen.metrics.whole_sequences import whole_sequences

__all__ = [
    "AbsoluteError",
    "Colourfulness",
    "ComponentsExtractor",
    "FeatureExtractor",
    "FrechetDistance",
    "InceptionExtractor",
    "InceptionScore",
    "KernelDistance",
    "LeNetExtractor",
    "ManifoldPrecision",
    "ManifoldRecall",
    "MixtureModes",
    "PartitionEstimate",
    "PeakSignalToNoise",
    "PerceptualPathLength",
    "PixelAccuracy",
    "RandomExtractor",
    "Sharpness",
    "SlicedWasserstein",
    "StackedModes",
    "StructuralSimilarity",
    "annealing_schedule",
    "check_images",
    "diversity",
    "frechet_distance",
    "gan_test",
    "gan_train",
    "importance_weighted_bound",
    "importance_weighted_nll",
    "inception_score",
    "lerp",
    "linear_separability",
    "log_partition",
    "manifold_coverage",
    "matched_colors",
    "matched_histograms",
    "nearest_neighbours",
    "neighbourhood_regression",
    "pca_copies",
    "pca_error",
    "precision_recall",
    "principal_components",
    "relative_change",
    "relative_variance",
    "rescale",
    "slerp",
    "sliced_wasserstein",
    "squared_mmd",
    "squared_mmd_error",
    "state_gradient_norms",
    "subspace_angle",
    "whole_sequences",
]
