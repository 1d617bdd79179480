"""Pictures of what a model does. Every function returns its Figure and touches no global state."""

from keras_gen.plotting.activity import activity
from keras_gen.plotting.bars import bar_panels
from keras_gen.plotting.codes import (
    activation_histogram,
    activation_histograms,
    code_map,
    code_scatter,
)
from keras_gen.plotting.curves import (
    curve_panels,
    learning_curves,
    state_probabilities,
    training_curves,
)
from keras_gen.plotting.gradients import gradient_norms
from keras_gen.plotting.images import (
    filters,
    image_grid,
    image_rows,
    latent_manifold,
    montage,
    reconstructions,
)
from keras_gen.plotting.points import overlaid_clouds, point_clouds
from keras_gen.plotting.texts import text_page
from keras_gen.plotting.translations import round_trips
from keras_gen.plotting.weights import gains, log_weights

__all__ = [
    "activation_histogram",
    "activation_histograms",
    "activity",
    "bar_panels",
    "code_map",
    "code_scatter",
    "curve_panels",
    "filters",
    "gains",
    "gradient_norms",
    "image_grid",
    "image_rows",
    "latent_manifold",
    "learning_curves",
    "log_weights",
    "montage",
    "overlaid_clouds",
    "point_clouds",
    "reconstructions",
    "round_trips",
    "state_probabilities",
    "text_page",
    "training_curves",
]
