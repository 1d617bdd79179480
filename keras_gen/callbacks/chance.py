"""What chance and memory the data of a training have: what is saved, and what nothing fixes."""

import inspect
import random
import re
import warnings

import keras
import numpy as np
import tensorflow as tf

from keras_gen.data.looking import looking, origins

# TensorFlow's operations that write to variables, and those that draw random numbers with a state
# of their own or of a `tf.random.Generator`.
WRITES = re.compile("Assign|Rng|ResourceScatter|Stateful(?!PartitionedCall)")
DRAWS = re.compile("Random|.*Normal|Multinomial|Rng|Stateful(?!PartitionedCall)")


def variables_of(data):
    """The variables of functions of datasets that change some, such as states of random numbers.

    Args:
        data: list of what `fit` takes as x and as `validation_data`.

    Returns:
        List of `DataVariable`s, in an order that depends on the data alone.
    """
    found = {}
    for function in _functions(data):
        if any(WRITES.match(node.op) for node in _nodes(function)):
            captured = [each for each in function.captured_inputs if _is_variable(each)]
            found.update((id(each), DataVariable(each)) for each in captured)
    return list(found.values())


class DataVariable:
    """A variable that is known by its handle alone.

    Args:
        handle: tensor of type `tf.resource`.
    """

    def __init__(self, handle):
        self.handle = handle
        self.dtype = tf.as_dtype(handle._handle_data.shape_and_type[0].dtype)

    def numpy(self):
        return tf.raw_ops.ReadVariableOp(resource=self.handle, dtype=self.dtype).numpy()

    def assign(self, value):
        tf.raw_ops.AssignVariableOp(resource=self.handle, value=tf.constant(value, self.dtype))


def python_datasets(data):
    """The `keras.utils.PyDataset`s among data, without the checks around them."""
    found = {}
    for each in data:
        while isinstance(getattr(each, "dataset", None), keras.utils.PyDataset):
            each = each.dataset
        if isinstance(each, keras.utils.PyDataset):
            found[id(each)] = each
    return list(found.values())


def unfixed(data):
    """What makes batches that another process would not make again, in words, or `None`."""
    for dataset in _datasets(data):
        if _has_no_seed(dataset):
            return "are shuffled, or drawn, without a seed"
        in_time = getattr(dataset, "_deterministic", None) == "false"
        if in_time or dataset.options().deterministic is False:
            return "come in an order that depends on time (deterministic=False)"
    if any(_has_no_seed(node) for function in _functions(data) for node in _nodes(function)):
        return "hold random numbers without a seed"
    for dataset in python_datasets(data):
        several = dataset.workers > 1 or dataset.use_multiprocessing
        if several and _draws(dataset):
            return f"draw random numbers in workers={dataset.workers} at the same time"
    return None


def of_generators(data):
    """Whether batches come from a Python generator, whose memory cannot be looked into."""
    nodes = (node for function in _functions(data) for node in _nodes(function))
    return any(node.op == "GeneratorDataset" for node in nodes)


def warn_of_step(model):
    """Warns of a training step that draws random numbers whose state no variable of it holds.

    Layers of Keras draw with a `keras.random.SeedGenerator`, whose state is one.

    Args:
        model: a model whose `fit` has taken a step.
    """
    function = getattr(model, "train_function", None)
    names = inspect.getclosurevars(function).nonlocals if inspect.isfunction(function) else {}
    steps = getattr(names.get("multi_step_on_iterator"), "_list_all_concrete_functions", list)()
    drawing = [node for step in steps for node in _nodes(step) if DRAWS.match(node.op)]
    if any("seed2" in node.attr or WRITES.match(node.op) for node in drawing):
        warnings.warn(
            "The training step draws random numbers with TensorFlow, whose state Resume does not "
            "know: the training can resume, but not as it would have continued. Draw with "
            "keras.random and a keras.random.SeedGenerator that the model or a layer holds.",
            stacklevel=3,
        )


def _datasets(data):
    return [dataset for each in data for dataset in origins(each)]


def _functions(data):
    """The functions of datasets; not those of `data.batches`, whose state is their epoch."""
    datasets = [each for each in _datasets(data) if not hasattr(each, "epoch")]
    return [wrapper.function for dataset in datasets for wrapper in dataset._functions()]


def _nodes(function):
    graph = function.graph.as_graph_def()
    return [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]


def _is_variable(tensor):
    data = getattr(tensor, "_handle_data", None)
    return tensor.dtype == tf.resource and data is not None and len(data.shape_and_type) == 1


def _has_no_seed(drawing):
    """Whether a dataset or an operation of a graph has two seeds, and both are 0."""
    if isinstance(drawing, tf.data.Dataset):
        seeds = [getattr(drawing, name, None) for name in ("_seed", "_seed2")]
    else:
        seeds = [drawing.attr[name].i for name in ("seed", "seed2") if name in drawing.attr]
    return len(seeds) == 2 and all(seed is not None and int(seed) == 0 for seed in seeds)


def _draws(dataset):
    """Whether a batch of a `PyDataset` draws from Python's or NumPy's global random numbers."""
    with looking():
        before = _global_states()
        dataset[0]
        return _global_states() != before


def _global_states():
    _, keys, *position = np.random.get_state()
    return random.getstate(), keys.tobytes(), position
