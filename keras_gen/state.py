"""What training changes, by name: defined once for saving, resuming and testing."""

import keras


def training_state(model):
    """Every variable that training a model changes, by a name that says whose it is.

    The weights, statistics and random-number states of the model, and, for each optimizer that it
    holds as an attribute, its slots and its step count.

    Args:
        model: a built Keras model; an optimizer that is not built yet is built.

    Returns:
        Dict from names to variables, such as `model/0/dense/kernel` or
        `generator_optimizer/0/iteration`, always in the same order.
    """
    named = {f"model/{i}/{v.path}": v for i, v in enumerate(model.variables)}
    for owner, optimizer in optimizers_of(model).items():
        if not optimizer.built:
            optimizer.build(model.trainable_variables)
        named.update({f"{owner}/{i}/{v.path}": v for i, v in enumerate(optimizer.variables)})
    return named


def optimizers_of(model):
    """The optimizers that a model holds as attributes, by attribute name."""
    return {
        name: value
        for name, value in sorted(vars(model).items())
        if isinstance(value, keras.optimizers.Optimizer)
    }


def random_states_of(model):
    """The variables that hold a model's random-number state: all those that are not weights."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]
