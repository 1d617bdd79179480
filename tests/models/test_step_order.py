"""A training step reads every variable before it writes it, whatever TensorFlow optimizes away."""

import collections
import functools

import pytest
import small_models
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2
from tensorflow.python.grappler import tf_optimizer


def optimized(step):
    """The graph of a concrete function as TensorFlow runs it."""
    with step.graph.as_default():
        graph = tf.compat.v1.train.export_meta_graph(graph=step.graph)
    kept = [op.name for op in step.graph.control_outputs] + [out.name for out in step.outputs]
    graph.collection_def["train_op"].node_list.value.extend(kept)
    return tf_optimizer.OptimizeGraph(config_pb2.ConfigProto(), graph)


def reads_and_writes_in_any_order(graph):
    """Pairs of a read and a write of one variable that no path of the graph connects."""
    successors = collections.defaultdict(set)
    for node in graph.node:
        for name in node.input:
            successors[name.lstrip("^").split(":")[0]].add(node.name)

    @functools.cache
    def after(name):
        waiting, seen = [name], set()
        while waiting:
            new = successors[waiting.pop()] - seen
            seen |= new
            waiting += new
        return seen

    reads = [node for node in graph.node if node.op == "ReadVariableOp" and successors[node.name]]
    writes = [node for node in graph.node if node.op.startswith("Assign")]
    return [
        (read.name, write.name)
        for read in reads
        for write in writes
        if read.input[0] == write.input[0]
        and write.name not in after(read.name)
        and read.name not in after(write.name)
    ]


@pytest.mark.parametrize(
    "kind", ["rbm", "wgan_gp", "semi_supervised_gan", "made", "cycle_gan", "pix2pix"]
)
def test_no_read_of_a_variable_races_with_its_update(kind):
    model = getattr(small_models, kind)()
    examples, labels = small_models.data_of(kind)
    batch = (examples, labels) if kind in small_models.LABELED else examples
    signature = tf.nest.map_structure(
        lambda part: tf.TensorSpec([None, *part.shape[1:]], part.dtype), batch
    )
    step = tf.function(model.train_step, autograph=False).get_concrete_function(signature)
    graph = optimized(step)
    assert any(node.op.startswith("Assign") for node in graph.node)
    assert reads_and_writes_in_any_order(graph) == []
