"""What all pictures share: their resolution and how they reach the disk."""

from keras_gen.files import replacing

# A power of two, so that pixels / dpi * dpi gives back the number of pixels exactly.
DPI = 128


def saved(figure, path):
    """The figure, after writing it to `path` unless that is `None`."""
    if path is not None:
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=DPI)
    return figure
