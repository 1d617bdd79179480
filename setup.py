"""What the installed package holds: the library, and of the shipped models those it measures by.

Everything else about the package is in `setup.cfg`. The models stay in the folder `saved_models` of
the source; the wheel has the classifiers `lenet_*` as `keras_gen/shipped_models`.
"""

from setuptools import find_packages, setup

SHIPPED = "keras_gen.shipped_models"

setup(
    packages=[*find_packages(include=["keras_gen", "keras_gen.*"]), SHIPPED],
    package_dir={SHIPPED: "saved_models"},
    package_data={SHIPPED: ["lenet_*/*.*", "lenet_*/variables/*"]},
)
