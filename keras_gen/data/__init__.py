"""Data: images from many places in one form, and batches in a reproducible order."""

from keras_gen.data import captions, sequences, toy
from keras_gen.data.alphabet import Alphabet
from keras_gen.data.binarization import binarize
from keras_gen.data.blends import blended, sample_photographs
from keras_gen.data.domains import domain_pairs
from keras_gen.data.few_labels import few_per_class, partly_labeled
from keras_gen.data.jitter import jitter
from keras_gen.data.nudges import nudged
from keras_gen.data.pipeline import arrays, batches
from keras_gen.data.sources import load
from keras_gen.data.stacks import stacked
from keras_gen.data.windows import windows

__all__ = [
    "Alphabet",
    "arrays",
    "batches",
    "binarize",
    "blended",
    "captions",
    "domain_pairs",
    "few_per_class",
    "jitter",
    "load",
    "nudged",
    "partly_labeled",
    "sample_photographs",
    "sequences",
    "stacked",
    "toy",
    "windows",
]
