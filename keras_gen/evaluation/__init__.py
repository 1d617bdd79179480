"""How good a generator is: its measures, the extractors that ship, and what chapters report."""

from keras_gen.evaluation.extractors import shipped_extractor
from keras_gen.evaluation.generated import samples
from keras_gen.evaluation.generators import Evaluation, evaluate
from keras_gen.evaluation.latents import entanglement_report, image_changes
from keras_gen.evaluation.likelihoods import binarized_nll, flip_costs
from keras_gen.evaluation.measures import image_measures, stack_measures
from keras_gen.evaluation.reports import (
    frechet_report,
    rank_report,
    sliced_wasserstein_report,
    translation_report,
)
from keras_gen.evaluation.translations import (
    identity_warning,
    round_trips,
    two_way_report,
    two_way_rivals,
)

__all__ = [
    "Evaluation",
    "binarized_nll",
    "entanglement_report",
    "evaluate",
    "flip_costs",
    "frechet_report",
    "identity_warning",
    "image_changes",
    "image_measures",
    "rank_report",
    "round_trips",
    "samples",
    "shipped_extractor",
    "sliced_wasserstein_report",
    "stack_measures",
    "translation_report",
    "two_way_report",
    "two_way_rivals",
]
