"""Callbacks: exact resume, pictures, and generative metrics in the epoch logs."""

from keras_gen.callbacks.generative_metrics import GenerativeMetrics
from keras_gen.callbacks.resume import Resume
from keras_gen.callbacks.sample_grid import SampleGrid

__all__ = ["GenerativeMetrics", "Resume", "SampleGrid"]
