"""Machines of visible and hidden units, which Markov chains draw from."""

from keras_gen.models.boltzmann.boltzmann_machine import BoltzmannMachine
from keras_gen.models.boltzmann.caption_machine import CaptionMachine
from keras_gen.models.boltzmann.deep_belief_network import DeepBeliefNetwork
from keras_gen.models.boltzmann.deep_boltzmann_machine import DeepBoltzmannMachine
from keras_gen.models.boltzmann.restricted import RestrictedBoltzmannMachine

__all__ = [
    "BoltzmannMachine",
    "CaptionMachine",
    "DeepBeliefNetwork",
    "DeepBoltzmannMachine",
    "RestrictedBoltzmannMachine",
]
