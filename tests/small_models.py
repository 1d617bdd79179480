"""One small compiled model of every kind, with its data, for tests in this and other processes."""

import keras
import numpy as np
from keras import layers

from keras_gen import layers as own_layers
from keras_gen import losses, models, networks, optimizers

IMAGE = (8, 8, 1)


def images(count=22, low=-1.0, high=1.0):
    """Random images in a range: arrays without any structure suffice to move weights."""
    return np.random.default_rng(3).uniform(low, high, (count, *IMAGE)).astype("float32")


def labels(count=22):
    return (np.arange(count) % 3).astype("int32")


def adam():
    return keras.optimizers.Adam(1e-3, 0.5)


def fused_adam():
    return optimizers.FusedAdam(1e-3, 0.5)


def gan():
    """With batch normalization and dropout, so that statistics and random states matter."""
    generator = networks.dcgan_generator(IMAGE, 4, filters=4)
    discriminator = networks.dcgan_discriminator(IMAGE, filters=4, dropout=0.2)
    model = models.GAN(generator, discriminator, ema_decay=0.9, seed=5)
    model.compile(adam(), fused_adam())
    return model


def conditional_gan():
    generator = networks.dcgan_generator(IMAGE, 4, filters=4, num_classes=3)
    discriminator = networks.dcgan_discriminator(IMAGE, filters=4, num_classes=3)
    model = models.GAN(generator, discriminator, num_classes=3, seed=5)
    model.compile(adam(), adam())
    return model


def _mlp_gan(**options):
    generator = networks.mlp(4, [8], IMAGE, output_activation="tanh")
    return models.GAN(generator, networks.mlp(IMAGE, [8], 1), seed=5, **options)


def replay_gan():
    """With a memory of generated images, which is part of the state and soon full."""
    model = _mlp_gan(replay=10)
    model.compile(adam(), adam())
    return model


def augmented_gan():
    """With a strength that moves in every second step, which is part of the state."""
    changes = own_layers.differentiable_augmentation(mirror=True)
    adaptive = models.AdaptiveAugmentation(changes, images=100, every=2, start=0.5)
    model = _mlp_gan(augment=adaptive)
    model.compile(adam(), adam(), penalty=losses.R1(1.0))
    return model


def relativistic_gan():
    """With both penalties, of augmented images."""
    model = _mlp_gan(augment=own_layers.differentiable_augmentation())
    penalty = losses.R1(1.0) + losses.R2(1.0)
    model.compile(adam(), adam(), losses.RelativisticPairing(), penalty)
    return model


def _critic_game(model_class, optimizer, **options):
    generator = networks.dcgan_generator(IMAGE, 4, filters=4)
    critic = networks.dcgan_discriminator(IMAGE, filters=4, normalization=False)
    model = model_class(generator, critic, seed=5, **options)
    model.compile(optimizer(), optimizer(), discriminator_steps=2)
    return model


def wgan():
    return _critic_game(models.WGAN, lambda: keras.optimizers.RMSprop(5e-4), clip=0.02)


def wgan_gp():
    return _critic_game(models.WGANGP, adam)


def _progan(*optimizers, **options):
    generator = networks.progressive_generator(IMAGE, [4, 3], latent_dim=4)
    discriminator = networks.progressive_discriminator(IMAGE, [4, 3])
    model = models.ProGAN(generator, discriminator, ema_half_life=20, seed=5, **options)
    model.compile(*optimizers)
    return model


def progan():
    """It stabilizes and fades in its first epochs of 22 images; the fade ends within a batch."""
    return _progan(adam(), fused_adam(), stabilize=8, fade=24)


def slow_progan():
    """It fades from its first image to the middle of its eighth epoch of 200 images."""
    return _progan(adam(), fused_adam(), stabilize=0, fade=1500)


def stylegan():
    """With mixed styles, noise and a mean style; it fades from its first image on, in one graph."""
    generator = networks.style_generator(IMAGE, [4, 3], latent_dim=4, mapping_depth=2)
    discriminator = networks.style_discriminator(IMAGE, [4, 3])
    options = {"stabilize": 0, "fade": 1500, "ema_half_life": 20, "seed": 5}
    model = models.StyleGAN(generator, discriminator, **options)
    model.compile(fused_adam(), fused_adam())
    return model


def pix2pix():
    """With dropout that stays on, whose random states matter."""
    generator = networks.unet(IMAGE, filters=2)
    discriminator = networks.patchgan(IMAGE, IMAGE, layers=1, filters=2)
    model = models.Pix2Pix(generator, discriminator, seed=5)
    model.compile(adam(), fused_adam())
    return model


def cycle_gan():
    """With pools of translations, which are part of the state and soon full, and falling rates.

    At five times the authors' learning rate rounding errors of such small images would grow tenfold
    with every step.
    """
    translator = networks.resnet_translator(IMAGE, filters=2, blocks=1)
    back = networks.unet(IMAGE, filters=2, depth=2, dropout=0.0)
    discriminators = [
        networks.patchgan(IMAGE, layers=1, filters=2, normalization=False) for _ in "xy"
    ]
    model = models.CycleGAN(translator, back, *discriminators, pool=6, seed=5)
    rates = [optimizers.ConstantThenLinear(2e-4, steps, 200) for steps in (2, 4)]
    model.compile(*[keras.optimizers.Adam(rate, 0.5) for rate in rates])
    return model


def semi_supervised_gan():
    """With views, noise and averages in the discriminator, which are part of the state."""
    generator = networks.dcgan_generator(IMAGE, 4, filters=4)
    x = keras.Input(IMAGE)
    views = [
        own_layers.RandomAffine(rotation=9, shear=0.2, seed=5),
        own_layers.RandomPaste(3, seed=5),
    ]
    h = keras.Sequential(views, name="view")(x)
    h = layers.Conv2D(4, 3, 2, activation="relu")(layers.GaussianNoise(0.3, seed=5)(h))
    h = layers.Dense(6, activation="relu", name="features")(layers.Flatten()(h))
    discriminator = keras.Model(x, layers.Dense(3)(h))
    model = models.SemiSupervisedGAN(
        generator,
        discriminator,
        consistency_weight=1.0,
        consistency_ramp=7,
        balance_weight=0.5,
        fakes=3,
        ema_decay=0.9,
        seed=5,
    )
    model.compile(adam(), adam())
    return model


def domain_adversarial():
    """With batch normalization and dropout, and a reversal that grows from step to step."""
    x = keras.Input(IMAGE)
    h = networks.FusedBatchNormalization()(layers.Conv2D(3, 3, 2)(x))
    h = layers.Dropout(0.2, seed=5)(layers.Flatten()(layers.ReLU()(h)))
    model = models.DomainAdversarial(
        keras.Model(x, h),
        networks.mlp(h.shape[1], [6], 3),
        networks.mlp(h.shape[1], [6], 1),
        steps=20,
        seed=5,
    )
    model.compile(adam())
    return model


def adversarial_training():
    x = keras.Input(IMAGE)
    h = networks.FusedBatchNormalization()(layers.Conv2D(3, 3, 2)(x))
    h = layers.Dropout(0.2, seed=5)(layers.Flatten()(layers.ReLU()(h)))
    classifier = keras.Model(x, layers.Dense(3)(h))
    model = models.AdversarialTraining(classifier, epsilon=0.1, value_range=(-1, 1), seed=5)
    model.compile(adam())
    return model


def autoencoder():
    encoder = networks.mlp_encoder(IMAGE, [8], 3)
    decoder = networks.mlp_decoder(3, [8], IMAGE, output_activation="tanh")
    model = models.Autoencoder(encoder, decoder, value_range=(-1, 1), seed=5)
    model.compile(adam(), "mse", metrics=["mae"])
    return model


def tied_autoencoder():
    model = models.TiedAutoencoder(
        IMAGE, [8, 3], output_activation="tanh", value_range=(-1, 1), seed=5
    )
    model.compile(adam(), "mse")
    return model


def denoising_autoencoder():
    """With noise in front of the encoder, whose random state matters."""
    noise = layers.Dropout(0.5, seed=5)
    encoder = keras.Sequential([keras.Input(IMAGE), noise, networks.mlp_encoder(IMAGE, [8], 3)])
    decoder = networks.mlp_decoder(3, [8], IMAGE, output_activation="tanh")
    model = models.Autoencoder(encoder, decoder, value_range=(-1, 1), seed=5)
    model.compile(adam(), "mse")
    return model


def convolutional_autoencoder():
    encoder = networks.convolutional_encoder(IMAGE, (4,), 3)
    decoder = networks.convolutional_decoder(3, (4,), IMAGE)
    model = models.Autoencoder(encoder, decoder, value_range=(-1, 1), seed=5)
    model.compile(adam(), "mse")
    return model


def recurrent_autoencoder():
    encoder = networks.recurrent_encoder(IMAGE[:2], [4], 3)
    decoder = networks.recurrent_decoder(3, [4], IMAGE[:2])
    model = models.Autoencoder(encoder, decoder, value_range=(-1, 1), seed=5)
    model.compile(adam(), "mse")
    return model


def vae():
    encoder = networks.gaussian_encoder(IMAGE, [8], 3)
    decoder, likelihood = networks.mlp_decoder(3, [8], IMAGE), losses.Gaussian()
    model = models.VAE(encoder, decoder, likelihood, value_range=(-1, 1), seed=5)
    model.compile(fused_adam())
    return model


def rbm():
    """With persistent chains and running means, which are part of the state."""
    machine = own_layers.RBM(6, seed=5)
    model = models.RestrictedBoltzmannMachine(machine, IMAGE, 2, particles=5, seed=5, centered=True)
    model.compile(adam())
    return model


def boltzmann_machine():
    """Too many units for sums over all states: it learns by Gibbs sampling."""
    model = models.BoltzmannMachine(IMAGE, hidden=3, gibbs_steps=2, particles=5, seed=5)
    model.compile(adam())
    return model


def deep_boltzmann_machine():
    """With persistent chains, which are part of the state."""
    model = models.DeepBoltzmannMachine(
        (6, 4, 3), IMAGE, 2, mean_field_steps=3, particles=5, seed=5
    )
    model.compile(adam())
    return model


def deep_belief_network():
    """With label units, a layer below and persistent chains."""
    model = models.DeepBeliefNetwork(
        own_layers.LabelRBM(6, 3, seed=5), IMAGE, [own_layers.RBM(5, seed=5)], particles=5, seed=5
    )
    model.compile(adam())
    return model


def caption_machine():
    """With layers below on both sides, and three words, one for every class."""
    model = models.CaptionMachine(
        own_layers.RBM(6, seed=5),
        IMAGE,
        words=3,
        below=[own_layers.RBM(5, seed=5)],
        below_captions=[own_layers.RBM(4, seed=5)],
        particles=5,
        seed=5,
    )
    model.compile(adam())
    return model


def character_model():
    """With dropout between and above two cells, whose random states matter."""
    cells = [layers.LSTMCell(4, dropout=0.2, seed=5), layers.GRUCell(3)]
    model = models.CharacterModel("abc", cells, embedding_dim=2, dropout=0.2, seed=5)
    model.compile(adam())
    return model


def made():
    """With more orderings than an epoch has steps, one of them random."""
    model = models.MADE(IMAGE, (6, 5), orderings=9, seed=5)
    model.compile(adam())
    return model


def pixel_cnn():
    model = models.PixelCNN(IMAGE, 4, dilations=(1, 2), seed=5)
    model.compile(adam())
    return model


def style_transfer():
    """With images of free sizes, and an encoder that is part of the state and never moves."""
    encoder = networks.style_encoder((3, 4), 1, channels=1)
    model = models.StyleTransfer(encoder, networks.mirrored_decoder(encoder), seed=5)
    model.compile(fused_adam())
    return model


AUTOENCODERS = {
    f.__name__: f
    for f in (
        autoencoder,
        tied_autoencoder,
        denoising_autoencoder,
        convolutional_autoencoder,
        recurrent_autoencoder,
        vae,
    )
}
MACHINES = {
    f.__name__: f
    for f in (
        rbm,
        boltzmann_machine,
        deep_boltzmann_machine,
        deep_belief_network,
        caption_machine,
    )
}
FULLY_VISIBLE = {f.__name__: f for f in (made, pixel_cnn)}
CLASSIFIERS = {f.__name__: f for f in (domain_adversarial, adversarial_training)}
TEXTS = {f.__name__: f for f in (character_model,)}
TRANSLATORS = {f.__name__: f for f in (pix2pix, cycle_gan)}
STYLES = {f.__name__: f for f in (style_transfer,)}
GAMES = {
    f.__name__: f
    for f in (
        gan,
        conditional_gan,
        replay_gan,
        augmented_gan,
        relativistic_gan,
        semi_supervised_gan,
        wgan,
        wgan_gp,
        progan,
        stylegan,
    )
} | TRANSLATORS
ALL = GAMES | MACHINES | AUTOENCODERS | FULLY_VISIBLE | CLASSIFIERS | TEXTS | STYLES
GROWING = ("progan", "stylegan")  # take one step in an execution
LABELED = (  # learn from labels, or from a second image
    *TRANSLATORS,
    *STYLES,
    "conditional_gan",
    "semi_supervised_gan",
    "domain_adversarial",
    "adversarial_training",
    "deep_belief_network",
    "caption_machine",
)


def data_of(name, count=22):
    """Images, sequences of their rows or tokens, and a `y` that the model understands."""
    if name in TEXTS:
        return np.random.default_rng(3).integers(0, 3, (count, 7)).astype("int32"), labels(count)
    x = images(count, low=0.0) if name in MACHINES else images(count)
    if name in FULLY_VISIBLE:
        x = np.float32(x > 0)  # binary pixels
    if name == "recurrent_autoencoder":
        x = x[..., 0]
    if name == "caption_machine":
        return x, np.eye(3, dtype="float32")[labels(count)]
    if name in TRANSLATORS | STYLES:
        return x, np.float32(-x[..., ::-1, :])
    if name == "domain_adversarial":
        return np.stack([x, x[::-1]], axis=1), labels(count)  # an image of each domain
    if name == "semi_supervised_gan":
        return x, labels(count) - 1  # a third of the images without label
    return x, x if name in AUTOENCODERS else labels(count)


# Models without chance, for which replicas of half the batch can be compared with one of all.


def _constant_generator():
    latents = keras.Input((4,))
    still = layers.Lambda(lambda z: 0.0 * z, output_shape=(4,))(latents)
    picture = layers.Dense(64, activation="tanh", bias_initializer="random_normal")(still)
    return keras.Model(latents, layers.Reshape(IMAGE)(picture))


def _linear_critic():
    return keras.Sequential([keras.Input(IMAGE), layers.Flatten(), layers.Dense(1)])


def gan_without_chance():
    discriminator = networks.mlp(IMAGE, [8], 1)
    model = models.GAN(_constant_generator(), discriminator, seed=5)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    return model


def wgan_gp_without_chance():
    """A linear critic has the same gradient at every mixture of real and fake."""
    model = models.WGANGP(_constant_generator(), _linear_critic(), seed=5)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), discriminator_steps=1)
    return model


def progan_without_chance():
    """All latents give one image, and R1 draws nothing; it grows with the second batch of eight."""
    generator = networks.progressive_generator(IMAGE, [4, 3], latent_dim=4)
    discriminator = networks.progressive_discriminator(IMAGE, [4, 3])
    generator.dense.kernel.assign(np.zeros(generator.dense.kernel.shape))
    generator.dense.trainable = False
    generator.bias.assign([1.0, -0.5, 2.0, 0.5])
    options = {"stabilize": 8, "fade": 24, "ema_half_life": 20, "seed": 5}
    model = models.ProGAN(generator, discriminator, **options)
    model.compile(
        keras.optimizers.SGD(0.01),
        keras.optimizers.SGD(0.01),
        losses.NonSaturating(),
        losses.R1(1.0),
    )
    return model


def stylegan_without_chance():
    """All latents have one style, and there is no noise."""
    numbers = {"latent_dim": 4, "mapping_depth": 1, "noise": False}
    generator = networks.style_generator(IMAGE, [4, 3], **numbers)
    discriminator = networks.style_discriminator(IMAGE, [4, 3])
    dense = generator.mapping[1]
    dense.kernel.assign(np.zeros(dense.kernel.shape))
    dense.bias.assign([100.0, -50.0, 200.0, 50.0])  # times the multiplier of the mapping
    dense.trainable = False
    options = {"stabilize": 0, "fade": 24, "ema_half_life": 20, "seed": 5}
    model = models.StyleGAN(generator, discriminator, **options)
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01), penalty=losses.R1(1.0))
    return model


def pix2pix_without_chance():
    generator = networks.unet(IMAGE, filters=2, depth=2, dropout=0.0)
    discriminator = networks.patchgan(IMAGE, IMAGE, layers=1, filters=2)
    model = models.Pix2Pix(generator, discriminator, l1_weight=10.0, seed=5)
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.1))
    return model


def cycle_gan_without_chance():
    """Without a pool, whose images are drawn."""
    pictures = [keras.Input(IMAGE) for _ in range(4)]
    translators = [
        keras.Model(x, layers.Conv2D(1, 3, padding="same", activation="tanh")(x))
        for x in pictures[:2]
    ]
    critics = [keras.Model(x, layers.Conv2D(1, 4, 2)(x)) for x in pictures[2:]]
    model = models.CycleGAN(*translators, *critics, identity_weight=5.0, pool=0, seed=5)
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.1))
    return model


def style_transfer_without_chance():
    model = style_transfer()
    model.compile(keras.optimizers.SGD(0.1))
    return model


def vae_without_chance():
    """The codes' variance is e^-60, so that a draw is the mean."""
    x = keras.Input(IMAGE)
    flat = layers.Flatten()(x)
    mean = layers.Dense(3)(flat)
    log_var = layers.Dense(
        3, kernel_initializer="zeros", bias_initializer=keras.initializers.Constant(-60.0)
    )(flat)
    encoder = keras.Model(x, [mean, log_var])
    decoder, likelihood = networks.mlp_decoder(3, [8], IMAGE), losses.Gaussian()
    model = models.VAE(encoder, decoder, likelihood, value_range=(-1, 1), seed=5)
    model.compile(keras.optimizers.SGD(1e-3))
    return model


def autoencoder_without_chance():
    model = autoencoder()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def sparse_autoencoder_without_chance():
    """With penalties of codes and kernels, and with metrics, weighted and not."""
    encoder = networks.mlp_encoder(IMAGE, [8], 3, activity_regularizer=keras.regularizers.L1(0.1))
    encoder.layers[-1].kernel_regularizer = keras.regularizers.L2(0.1)
    decoder = networks.mlp_decoder(3, [8], IMAGE, output_activation="tanh")
    model = models.Autoencoder(encoder, decoder, value_range=(-1, 1), seed=5)
    measures = {"metrics": ["mae"], "weighted_metrics": [keras.metrics.RootMeanSquaredError()]}
    model.compile(keras.optimizers.SGD(0.1), keras.losses.LogCosh(), **measures)
    return model
