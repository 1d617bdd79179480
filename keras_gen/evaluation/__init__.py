"""How good a generator is: its measures, the extractors that ship, and what chapters report."""

from keras_gen.evaluation.extractors import shipped_extractor
from keras_gen.evaluation.generators import Evaluation, evaluate, samples
from keras_gen.evaluation.measures import image_measures, stack_measures
from keras_gen.evaluation.reports import frechet_report, translation_report

__all__ = [
    "Evaluation",
    "evaluate",
    "frechet_report",
    "image_measures",
    "samples",
    "shipped_extractor",
    "stack_measures",
    "translation_report",
]
