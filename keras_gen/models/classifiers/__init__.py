"""Classifiers trained with an adversary."""

from keras_gen.models.classifiers.adversarial_examples import adversarial_examples
from keras_gen.models.classifiers.adversarial_training import AdversarialTraining
from keras_gen.models.classifiers.domain_adversarial import DomainAdversarial

__all__ = [
    "AdversarialTraining",
    "DomainAdversarial",
    "adversarial_examples",
]
