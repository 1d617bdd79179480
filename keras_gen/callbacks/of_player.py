"""Keras's learning-rate callbacks for a model of several players, each with an optimizer."""

from keras_gen.arguments import argument_error
from keras_gen.callbacks.neighbours import Adapter
from keras_gen.state import optimizers_of

ENDING = "_optimizer"


class OfPlayer(Adapter):
    """A callback that sees one player's optimizer as the optimizer of the model.

    `LearningRateScheduler` and `ReduceLROnPlateau` change `model.optimizer`, which a model of two
    players does not have. In the epoch logs `learning_rate` becomes `{player}_learning_rate`.

    Args:
        callback: a Keras callback.
        player: name of the attribute that holds the optimizer, without `_optimizer`:
            `"generator"` or `"discriminator"` of a GAN.

    Raises:
        ValueError: when training starts, if the model has no such player.

    Example:
        halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
        gan.fit(images, epochs=5, callbacks=[OfPlayer(halve, "generator")])
    """

    def __init__(self, callback, player):
        if not hasattr(callback, "set_model") or isinstance(callback, Adapter):
            raise argument_error("callback", "a Keras callback", callback)
        super().__init__(callback)
        self.player = player

    def set_model(self, model):
        optimizers = optimizers_of(model)
        players = [n.removesuffix(ENDING) for n in optimizers if n.endswith(ENDING)]
        if self.player not in players:
            names = ", ".join(map(repr, players)) or "no player, but one optimizer"
            expected = f"a player of this {type(model).__name__}, which has {names}"
            raise argument_error("player", expected, self.player)
        self._model = model
        self.callback.set_model(_Player(model, f"{self.player}{ENDING}"))

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        others = {name: logs.pop(name) for name in ("learning_rate",) if name in logs}
        super().on_epoch_end(epoch, logs)
        if "learning_rate" in logs:
            logs[f"{self.player}_learning_rate"] = logs.pop("learning_rate")
        logs.update(others)


class _Player:
    """A model as a player sees it: everything is the model's but the optimizer."""

    def __init__(self, model, optimizer):
        vars(self).update(_model=model, _optimizer=optimizer)

    def __deepcopy__(self, memo):
        return self  # a view has nothing of its own

    @property
    def optimizer(self):
        return getattr(self._model, self._optimizer)

    def __getattr__(self, name):
        return getattr(vars(self)["_model"], name)

    def __setattr__(self, name, value):
        setattr(self._model, name, value)
