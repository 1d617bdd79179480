"""SavedModels that run without this library: export, load, and the registry of shipped models.

A shipped model is a folder with the SavedModel, `card.json` (what it is and how it was made) and
`samples.png`. All of them are in the folder `saved_models` of the source; the classifiers that
measure images, `lenet_*`, are part of the installed package too.
"""

from keras_gen.saved_models.cards import CARD_FIELDS, card
from keras_gen.saved_models.exporting import export
from keras_gen.saved_models.loading import declared_range, load, load_keras
from keras_gen.saved_models.shipped import FOLDER, available, read_card, table
from keras_gen.saved_models.signatures import OUTPUTS

__all__ = [
    "CARD_FIELDS",
    "FOLDER",
    "OUTPUTS",
    "available",
    "card",
    "declared_range",
    "export",
    "load",
    "load_keras",
    "read_card",
    "table",
]
