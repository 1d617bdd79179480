"""keras_gen: the generative and deep models of university courses, as Keras 3 models.

Sub-packages load on first use: `keras_gen.layers` (any Keras backend), and on TensorFlow
`keras_gen.models`, `losses`, `networks`, `optimizers`, `metrics`, `callbacks`, `data`,
`plotting`, `saved_models`, `evaluation`, `editing`, `greedy`. For scripts there are
`keras_gen.runs` and `keras_gen.results`.
"""

import importlib

__version__ = "0.1.0"

__all__ = [
    "callbacks",
    "data",
    "editing",
    "evaluation",
    "greedy",
    "layers",
    "losses",
    "metrics",
    "models",
    "networks",
    "optimizers",
    "plotting",
    "saved_models",
]


def __getattr__(name):
    if name in __all__:
        return importlib.import_module(f"keras_gen.{name}")
    raise AttributeError(f"module 'keras_gen' has no attribute '{name}'")


def __dir__():
    return [*globals(), *__all__]
