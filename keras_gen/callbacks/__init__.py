"""Callbacks: exact resume, pictures, more quantities in the epoch logs, and warnings."""

from keras_gen.callbacks.accuracy_on import AccuracyOn
from keras_gen.callbacks.collapse_monitor import CollapseMonitor
from keras_gen.callbacks.critic_slope import CriticSlope
from keras_gen.callbacks.film_strip import FilmStrip
from keras_gen.callbacks.free_energy_gap import FreeEnergyGap
from keras_gen.callbacks.generative_metrics import GenerativeMetrics
from keras_gen.callbacks.generator_gradient import GeneratorGradient
from keras_gen.callbacks.growth import Growth
from keras_gen.callbacks.of_player import OfPlayer
from keras_gen.callbacks.overfitting_report import OverfittingReport
from keras_gen.callbacks.point_moments import PointMoments
from keras_gen.callbacks.resume import Resume
from keras_gen.callbacks.sample_grid import SampleGrid
from keras_gen.callbacks.stopwatch import Stopwatch

__all__ = [
    "AccuracyOn",
    "CollapseMonitor",
    "CriticSlope",
    "FilmStrip",
    "FreeEnergyGap",
    "GenerativeMetrics",
    "GeneratorGradient",
    "Growth",
    "OfPlayer",
    "OverfittingReport",
    "PointMoments",
    "Resume",
    "SampleGrid",
    "Stopwatch",
]
