"""The explorer: a page on which sliders move through the latents of a trained model.

`studio` turns a state into a picture and knows no browser; `page` is the page; `opening` reads
models; `directions` says what the sliders move along.
"""

from keras_gen.explorer.studio import History, State, Studio

__all__ = ["History", "State", "Studio"]
