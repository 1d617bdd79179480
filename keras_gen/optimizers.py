"""Optimizers that do the arithmetic of Keras's own with fewer operations, and learning rates."""

from keras_gen.fused import FusedAdam
from keras_gen.schedules import ConstantThenLinear

__all__ = ["ConstantThenLinear", "FusedAdam"]
