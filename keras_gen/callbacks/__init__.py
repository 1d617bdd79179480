"""Callbacks: exact resume, pictures, and more quantities in the epoch logs."""

from keras_gen.callbacks.free_energy_gap import FreeEnergyGap
from keras_gen.callbacks.generative_metrics import GenerativeMetrics
from keras_gen.callbacks.generator_gradient import GeneratorGradient
from keras_gen.callbacks.resume import Resume
from keras_gen.callbacks.sample_grid import SampleGrid

__all__ = ["FreeEnergyGap", "GenerativeMetrics", "GeneratorGradient", "Resume", "SampleGrid"]
