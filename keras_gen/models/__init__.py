"""The models: each a `keras.Model` that trains with `fit()`, resumes, saves and exports."""

import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "The models of keras_gen need Keras on TensorFlow; only keras_gen.layers runs elsewhere. "
        'Set KERAS_BACKEND="tensorflow" before keras is imported. '
        f'Received: KERAS_BACKEND="{keras.backend.backend()}"'
    )

# Everything that a saved model may be made of is registered with Keras when it is imported.
import keras_gen.fused
import keras_gen.fused_recurrent
import keras_gen.layers
import keras_gen.losses
import keras_gen.metrics
import keras_gen.networks
import keras_gen.schedules  # noqa: F401
from keras_gen.models.adversarial import (
    GAN,
    WGAN,
    WGANGP,
    AdaptiveAugmentation,
    AdversarialModel,
    CycleGAN,
    Pix2Pix,
    ProGAN,
    ReplayMemory,
    SemiSupervisedGAN,
    StyleGAN,
    growing_style_gan,
)
from keras_gen.models.autoencoders import VAE, Autoencoder, TiedAutoencoder
from keras_gen.models.autoregressive import MADE, AutoregressiveModel, CharacterModel, PixelCNN
from keras_gen.models.base import GenerativeModel, descend
from keras_gen.models.boltzmann import (
    BoltzmannMachine,
    CaptionMachine,
    DeepBeliefNetwork,
    DeepBoltzmannMachine,
    RestrictedBoltzmannMachine,
)
from keras_gen.models.classifiers import (
    AdversarialTraining,
    DomainAdversarial,
    adversarial_examples,
)
from keras_gen.models.style_transfer import StyleTransfer

__all__ = [
    "GAN",
    "MADE",
    "VAE",
    "WGAN",
    "WGANGP",
    "AdaptiveAugmentation",
    "AdversarialModel",
    "AdversarialTraining",
    "Autoencoder",
    "AutoregressiveModel",
    "BoltzmannMachine",
    "CaptionMachine",
    "CharacterModel",
    "CycleGAN",
    "DeepBeliefNetwork",
    "DeepBoltzmannMachine",
    "DomainAdversarial",
    "GenerativeModel",
    "Pix2Pix",
    "PixelCNN",
    "ProGAN",
    "ReplayMemory",
    "RestrictedBoltzmannMachine",
    "SemiSupervisedGAN",
    "StyleGAN",
    "StyleTransfer",
    "TiedAutoencoder",
    "adversarial_examples",
    "descend",
    "growing_style_gan",
]
