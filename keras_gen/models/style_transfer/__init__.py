"""Style transfer: the content of one image with the look of another."""

from keras_gen.models.style_transfer.style_transfer import StyleTransfer

__all__ = ["StyleTransfer"]
