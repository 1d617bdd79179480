"""Checks of the arguments of `compile`, so that no mistake waits for the first step."""

import keras

from keras_gen.arguments import argument_error, positive_integer

OF_KERAS = {
    "loss": "None, because the loss of this model is its own",
    "loss_weights": "None, because the loss of this model is its own",
    "metrics": "None: the model logs its own; others come from `callbacks.GenerativeMetrics`",
    "weighted_metrics": "None: the model logs its own, with sample weights",
}
OPTIONS = ("jit_compile", "run_eagerly", "steps_per_execution", "auto_scale_loss")


def check_options(options):
    """Refuses arguments of `keras.Model.compile` that a model with its own loss cannot honor."""
    for name, expected in OF_KERAS.items():
        if options.get(name) is not None:
            raise argument_error(name, expected, options[name])
    for name in options:
        if name not in (*OF_KERAS, *OPTIONS):
            raise argument_error(name, f"one of the arguments {', '.join(OPTIONS)}", options[name])
    positive_integer("steps_per_execution", options.get("steps_per_execution", 1))
    for name in ("run_eagerly", "jit_compile", "auto_scale_loss"):
        value = options.get(name, False)
        automatic = name == "jit_compile" and value == "auto"
        if not isinstance(value, bool) and not automatic:
            raise argument_error(name, "True or False", value)
    return {name: value for name, value in options.items() if name in OPTIONS}


def checked_optimizer(name, optimizer, variables):
    """The Keras optimizer that an argument names, new or built for these variables."""
    expected = 'a Keras optimizer, such as keras.optimizers.Adam(1e-3), or its name, such as "adam"'
    if not isinstance(optimizer, (str, dict, keras.optimizers.Optimizer)):
        if isinstance(optimizer, type) and issubclass(optimizer, keras.optimizers.Optimizer):
            expected = f"an object: {optimizer.__name__}(...) instead of the class"
        raise argument_error(name, expected, optimizer)
    try:
        found = keras.optimizers.get(optimizer)
    except (TypeError, ValueError):
        raise argument_error(name, expected, repr(optimizer)) from None
    if found.built and not _built_for(found, variables):
        raise argument_error(
            name,
            "a new optimizer: this one was built for other variables, those of another model or "
            "of this one with another `trainable`",
            found,
        )
    return found


def _built_for(optimizer, variables):
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return {id(variable) for variable in inner._trainable_variables} == set(map(id, variables))


def check_players(players):
    """Refuses players without a variable to train, and variables that two players train.

    Args:
        players: dict from an optimizer's name to the pair `(optimizer, variables)`.
    """
    owners = {}
    for optimizer, (_, variables) in players.items():
        name = optimizer.removesuffix("_optimizer")
        if not variables:
            raise argument_error(
                optimizer if name == optimizer else name,
                "at least one trainable variable: set `trainable = True` before `compile`. A step "
                "moves the variables of one player only, so no other has to be frozen",
                received="no trainable variable",
            )
        for variable in variables:
            owner = owners.setdefault(id(variable), name)
            if owner != name:
                raise argument_error(
                    name,
                    f"a network that shares no trainable variable with the {owner}, because each "
                    "would undo what the other learns",
                    received=f"the shared variable {variable.path!r}",
                )
