"""The models: each a `keras.Model` that trains with `fit()`, resumes, saves and exports."""

import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "The models of keras_gen need Keras on TensorFlow; only keras_gen.layers runs elsewhere. "
        'Set KERAS_BACKEND="tensorflow" before keras is imported. '
        f'Received: KERAS_BACKEND="{keras.backend.backend()}"'
    )

# What saved models are made of has to be known where they are loaded.
import keras_gen.networks
import keras_gen.optimizers  # noqa: F401
from keras_gen.models.adversarial import AdversarialModel
from keras_gen.models.adversarial_examples import adversarial_examples
from keras_gen.models.adversarial_training import AdversarialTraining
from keras_gen.models.autoencoder import Autoencoder
from keras_gen.models.autoregressive import AutoregressiveModel
from keras_gen.models.boltzmann_machine import BoltzmannMachine
from keras_gen.models.caption_machine import CaptionMachine
from keras_gen.models.character_model import CharacterModel
from keras_gen.models.deep_belief_network import DeepBeliefNetwork
from keras_gen.models.deep_boltzmann_machine import DeepBoltzmannMachine
from keras_gen.models.domain_adversarial import DomainAdversarial
from keras_gen.models.gan import GAN
from keras_gen.models.greedy import stack, train_greedily
from keras_gen.models.greedy_rbms import train_rbms_greedily
from keras_gen.models.made import MADE
from keras_gen.models.pixel_cnn import PixelCNN
from keras_gen.models.replay import ReplayMemory
from keras_gen.models.restricted_boltzmann_machine import RestrictedBoltzmannMachine
from keras_gen.models.semi_supervised import SemiSupervisedGAN
from keras_gen.models.tied_autoencoder import TiedAutoencoder
from keras_gen.models.training import GenerativeModel, descend
from keras_gen.models.vae import VAE
from keras_gen.models.wgan import WGAN, WGANGP

__all__ = [
    "GAN",
    "MADE",
    "VAE",
    "WGAN",
    "WGANGP",
    "AdversarialModel",
    "AdversarialTraining",
    "Autoencoder",
    "AutoregressiveModel",
    "BoltzmannMachine",
    "CaptionMachine",
    "CharacterModel",
    "DeepBeliefNetwork",
    "DeepBoltzmannMachine",
    "DomainAdversarial",
    "GenerativeModel",
    "PixelCNN",
    "ReplayMemory",
    "RestrictedBoltzmannMachine",
    "SemiSupervisedGAN",
    "TiedAutoencoder",
    "adversarial_examples",
    "descend",
    "stack",
    "train_greedily",
    "train_rbms_greedily",
]
