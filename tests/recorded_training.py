"""Whether training is still the same, bit for bit, after the code was changed.

    python tests/recorded_training.py record FILE      before the change
    python tests/recorded_training.py compare FILE     after it, on the same machine

Every small model trains for two epochs of shuffled batches, the last one partial. The file holds
its weights, statistics, random states, optimizer slots and logs. Bits differ from processor to
processor, so a record is of use only where it was made.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import checks
import keras
import numpy as np
import small_models
import tensorflow as tf

from keras_gen import data

BATCH_SIZE, EPOCHS, SEED = 8, 2, 13


def trained(name):
    """All numbers of a small model after its training, by what they are."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(SEED)
    model = small_models.ALL[name]()
    x, y = small_models.data_of(name)
    examples = (x, y) if name in small_models.LABELED else x
    batches = data.batches(examples, BATCH_SIZE, seed=SEED)
    history = model.fit(batches, epochs=EPOCHS, verbose=0).history
    values = {f"{name}/state/{i}": value for i, value in enumerate(checks.state(model))}
    return values | {f"{name}/logs/{log}": np.array(each) for log, each in history.items()}


def all_trained():
    tf.config.experimental.enable_op_determinism()
    return {key: value for name in small_models.ALL for key, value in trained(name).items()}


def differences(first, second):
    """Names of the numbers that only one side has or that differ in any bit."""
    return sorted(
        key
        for key in first.keys() | second.keys()
        if key not in first
        or key not in second
        or not np.array_equal(first[key], second[key], equal_nan=True)
    )


def main(task, file):
    file = pathlib.Path(file)
    values = all_trained()
    if task == "record":
        np.savez(file, **values)
        print(f"{len(values)} arrays of {len(small_models.ALL)} models are in {file}.")
        return 0
    with np.load(file) as archive:
        changed = differences(dict(archive), values)
    print("\n".join(changed) or f"All {len(values)} arrays are equal.")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
