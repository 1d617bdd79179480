"""Optimizers that do the arithmetic of Keras's own with fewer operations."""

from keras_gen.fused import FusedAdam

__all__ = ["FusedAdam"]
