"""What of a SavedModel is computed in half precision."""

import pathlib

from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

HALVES = (types_pb2.DT_BFLOAT16, types_pb2.DT_HALF)


def operations_in_half_precision(path):
    """The nodes, arguments and variables of a SavedModel that are not float32."""
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((pathlib.Path(path) / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0]
    functions = graph.graph_def.library.function
    nodes = [*graph.graph_def.node, *(node for each in functions for node in each.node_def)]
    types = [(node.name, each.type) for node in nodes for each in node.attr.values()]
    types += [
        (node.name, one) for node in nodes for each in node.attr.values() for one in each.list.type
    ]
    for each in functions:
        arguments = [*each.signature.input_arg, *each.signature.output_arg]
        types += [(each.signature.name, argument.type) for argument in arguments]
    objects = graph.object_graph_def.nodes
    types += [(each.variable.name, each.variable.dtype) for each in objects]
    return [name for name, dtype in types if dtype in HALVES]
