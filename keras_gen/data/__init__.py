"""Data: images from many places in one form, and batches in a reproducible order."""

from keras_gen.data import captions, glyphs, lab, palettes, rules, sequences, styles, textures, toy
from keras_gen.data.alphabet import Alphabet, windows
from keras_gen.data.augmentations import (
    binarize,
    cropped,
    flipped,
    jitter,
    resized_and_cropped,
    stacked,
)
from keras_gen.data.domains import domain_pairs, unpaired
from keras_gen.data.examples import arrays
from keras_gen.data.few_labels import few_per_class, partly_labeled, stratified
from keras_gen.data.folders import by_group, by_name, left_half, right_half
from keras_gen.data.offline import blended, nudged, patches, sample_photographs
from keras_gen.data.pairs import load_pairs
from keras_gen.data.pipeline import batches
from keras_gen.data.sources import class_names, load
from keras_gen.data.transforms import compose, pair_jitter, paired, separately

__all__ = [
    "Alphabet",
    "arrays",
    "batches",
    "binarize",
    "blended",
    "by_group",
    "by_name",
    "captions",
    "class_names",
    "compose",
    "cropped",
    "domain_pairs",
    "few_per_class",
    "flipped",
    "glyphs",
    "jitter",
    "lab",
    "left_half",
    "load",
    "load_pairs",
    "nudged",
    "pair_jitter",
    "paired",
    "palettes",
    "partly_labeled",
    "patches",
    "resized_and_cropped",
    "right_half",
    "rules",
    "sample_photographs",
    "separately",
    "sequences",
    "stacked",
    "stratified",
    "styles",
    "textures",
    "toy",
    "unpaired",
    "windows",
]
