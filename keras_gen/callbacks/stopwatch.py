"""How long training took, interrupted or not."""

import time

import keras


class Stopwatch(keras.callbacks.Callback):
    """Counts the seconds of training; together with `Resume`, those before an interruption too.

    Attributes:
        earlier: seconds that training took in processes before this one, up to the last epoch
            that was saved.
        seconds: seconds of training so far.
    """

    def __init__(self):
        super().__init__()
        self.earlier = 0.0
        self._begun = time.monotonic()

    @property
    def seconds(self):
        return self.earlier + time.monotonic() - self._begun

    def on_train_begin(self, logs=None):
        self.earlier, self._begun = 0.0, time.monotonic()

    def get_state(self):
        return self.seconds

    def set_state(self, state):
        self.earlier = state
