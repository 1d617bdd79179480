"""What every chapter script would otherwise repeat: its arguments, its folder, its results.

A script imports this package first, so that heavy modules load when a run begins and `--help`
answers at once:

    from keras_gen import runs

    # isort: split
    import keras

    from keras_gen import data, models

    def main(run: runs.Run = runs.Run(epochs=100), filters: int = 32) -> None:
        run.begin()
        ...

    if __name__ == "__main__":
        runs.start(main)
"""

from keras_gen.runs import later

later.load_later(
    "keras",
    "tensorflow",
    "keras_gen.callbacks",
    "keras_gen.data",
    "keras_gen.editing",
    "keras_gen.evaluation",
    "keras_gen.greedy",
    "keras_gen.layers",
    "keras_gen.losses",
    "keras_gen.metrics",
    "keras_gen.models",
    "keras_gen.networks",
    "keras_gen.optimizers",
    "keras_gen.plotting",
    "keras_gen.saved_models",
)

from keras_gen.runs.comparison import Comparison  # noqa: E402
from keras_gen.runs.run import Run  # noqa: E402
from keras_gen.runs.scripts import start  # noqa: E402

__all__ = ["Comparison", "Run", "start"]
