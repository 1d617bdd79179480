"""When a growing GAN grows: a function of the number of images that it has seen."""

import typing

from keras_gen.arguments import argument_error, integer


class Phase(typing.NamedTuple):
    """A row of the schedule of growth.

    Attributes:
        stage: number of the stage.
        resolution: pixels a side of its images.
        fading: whether the stage is being faded in, or else stabilized.
        start: number of images that have been seen when the phase begins.
        images: number of images that it lasts, or `None` for the last one, which has no end.
    """

    stage: int
    resolution: int
    fading: bool
    start: int
    images: int | None


def schedule(resolutions, stabilize, fade):
    """The phases of a growth, in turn: stabilize, fade, stabilize, fade, ..., stabilize.

    Args:
        resolutions: pixels a side of each stage.
        stabilize: number of images for each stage but the last.
        fade: number of images for each stage but the first.
    """
    rows, start = [], 0
    ends = [*stabilize, None]
    for stage, resolution in enumerate(resolutions):
        if stage > 0:
            rows.append(Phase(stage, resolution, True, start, fade[stage - 1]))
            start += fade[stage - 1]
        rows.append(Phase(stage, resolution, False, start, ends[stage]))
        start += ends[stage] or 0
    return rows


def phase_at(rows, images):
    """The phase after so many images; one of no images is passed over."""
    return [row for row in rows if row.start <= images][-1]


def images_of_stages(rows, start, end):
    """How many of the images from number `start` to `end` belong to each stage: a list."""
    ends = [*(row.start for row in rows[1:]), end]
    counts = [0] * (rows[-1].stage + 1)
    for row, until in zip(rows, ends, strict=True):
        counts[row.stage] += max(min(until, end) - max(row.start, start), 0)
    return counts


def images_of_phases(name, value, count):
    """Returns one number of images for each of `count` phases as a tuple, or raises the error."""
    if not isinstance(value, (list, tuple)):
        return (integer(name, value, least=0),) * count
    if len(value) != count:
        expected = f"an integer from 0 on, or {count} of them, one for each step of the growth"
        raise argument_error(name, expected, value)
    return tuple(integer(name, each, least=0) for each in value)


def restart(optimizer):
    """Gives a built optimizer the state that it began with; its learning rate stays.

    Slots and the number of steps belong together: Adam's first steps are corrected by it. A loss
    scale, which has nothing to do with the variables, stays as well.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    fresh = type(inner).from_config(inner.get_config())
    fresh.build(inner._trainable_variables)
    for old, new in zip(inner.variables, fresh.variables, strict=True):
        if old is not inner._learning_rate:
            old.assign(new)
