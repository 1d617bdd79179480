"""Games of two players: the game itself, and the networks that play it."""

from keras_gen.models.adversarial.augmenting import AdaptiveAugmentation
from keras_gen.models.adversarial.cyclegan import CycleGAN
from keras_gen.models.adversarial.game import AdversarialModel
from keras_gen.models.adversarial.gan import GAN
from keras_gen.models.adversarial.growing_style_gan import growing_style_gan
from keras_gen.models.adversarial.pix2pix import Pix2Pix
from keras_gen.models.adversarial.progan import ProGAN
from keras_gen.models.adversarial.replay import ReplayMemory
from keras_gen.models.adversarial.semi_supervised import SemiSupervisedGAN
from keras_gen.models.adversarial.stylegan import StyleGAN
from keras_gen.models.adversarial.wgan import WGAN, WGANGP

__all__ = [
    "GAN",
    "WGAN",
    "WGANGP",
    "AdaptiveAugmentation",
    "AdversarialModel",
    "CycleGAN",
    "Pix2Pix",
    "ProGAN",
    "ReplayMemory",
    "SemiSupervisedGAN",
    "StyleGAN",
    "growing_style_gan",
]
