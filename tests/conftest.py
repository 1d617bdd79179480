"""Two logical CPU devices, so that distribution over replicas can be tested in any process."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import pytest
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.fixture(autouse=True)
def fresh_global_state():
    """Every test starts with float32, a seeded generator and no layer names taken."""
    keras.utils.clear_session(free_memory=False)  # Python's own collector finds the time itself
    keras.utils.set_random_seed(7)
    keras.config.set_dtype_policy("float32")
    yield
    keras.config.set_dtype_policy("float32")
