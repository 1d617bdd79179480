"""Measured numbers as data: what a run wrote, what is published, and whether it holds.

A run writes `results.json`, a `Result`. Those worth publishing are `chapters/*/results/NAME.json`;
`chapters/*/references.json` says what each number is compared with and how far a rerun may be from
it. The tables of the READMEs are made from both. Nothing here needs TensorFlow, Keras or NumPy.
"""

from keras_gen.results.archive import Reference, published, references
from keras_gen.results.record import Result, mean
from keras_gen.results.reproduction import compare, forecast, run_again
from keras_gen.results.tables import chapter_tables, fill, pages

__all__ = [
    "Reference",
    "Result",
    "chapter_tables",
    "compare",
    "fill",
    "forecast",
    "mean",
    "pages",
    "published",
    "references",
    "run_again",
]
