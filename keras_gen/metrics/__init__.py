"""Measures of generated images, in float64; each names the network that it looks through."""

from keras_gen.metrics.annealing import PartitionEstimate, annealing_schedule, log_partition
from keras_gen.metrics.baselines import pca_error
from keras_gen.metrics.extractors import (
    FeatureExtractor,
    InceptionExtractor,
    LeNetExtractor,
    check_images,
    rescale,
)
from keras_gen.metrics.frechet import FrechetDistance, frechet_distance
from keras_gen.metrics.inception_score import InceptionScore, inception_score
from keras_gen.metrics.likelihood import importance_weighted_bound, importance_weighted_nll
from keras_gen.metrics.reports import frechet_report, shipped_extractor

__all__ = [
    "FeatureExtractor",
    "FrechetDistance",
    "InceptionExtractor",
    "InceptionScore",
    "LeNetExtractor",
    "PartitionEstimate",
    "annealing_schedule",
    "check_images",
    "frechet_distance",
    "frechet_report",
    "importance_weighted_bound",
    "importance_weighted_nll",
    "inception_score",
    "log_partition",
    "pca_error",
    "rescale",
    "shipped_extractor",
]
