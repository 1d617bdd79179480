"""Learning rates that follow from the number of steps."""

import keras
from keras import ops

from keras_gen.arguments import integer, positive_integer, positive_number


@keras.saving.register_keras_serializable("keras_gen")
class ConstantThenLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that stays for a number of steps and then falls to zero on a straight line.

        rate(t) = initial_learning_rate min(1, max(0, 1 - (t - constant_steps) / decay_steps))

    t counts the steps of the optimizer that has the schedule, so each player of a game has its own
    clock, and a resumed training goes on where it was. Pix2Pix and CycleGAN are trained for 100
    epochs at the full rate and 100 more down to zero.

    Args:
        initial_learning_rate: positive number.
        constant_steps: number of steps at this rate, from 0 on.
        decay_steps: positive number of steps from there to zero.

    Example:
        rate = ConstantThenLinear.over(200 * len(batches), 2e-4)
        model.compile(keras.optimizers.Adam(rate, 0.5), keras.optimizers.Adam(rate, 0.5))
        model.fit(batches, epochs=200)

    Reference:
        Zhu, Park, Isola, Efros (2017), Unpaired Image-to-Image Translation using Cycle-Consistent
        Adversarial Networks, arXiv:1703.10593, section 4.
    """

    def __init__(self, initial_learning_rate, constant_steps, decay_steps):
        super().__init__()
        self.initial_learning_rate = positive_number("initial_learning_rate", initial_learning_rate)
        self.constant_steps = integer("constant_steps", constant_steps, least=0)
        self.decay_steps = positive_integer("decay_steps", decay_steps)

    @classmethod
    def over(cls, steps, initial_learning_rate):
        """The schedule of a training of so many steps: half of them constant, half linear."""
        constant = positive_integer("steps", steps) // 2
        return cls(initial_learning_rate, constant, steps - constant)

    def __call__(self, step):
        over = (ops.cast(step, "float32") - self.constant_steps) / self.decay_steps
        return self.initial_learning_rate * ops.clip(1.0 - over, 0.0, 1.0)

    def get_config(self):
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "constant_steps": self.constant_steps,
            "decay_steps": self.decay_steps,
        }
