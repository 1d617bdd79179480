"""What all tests share: two logical CPU devices, a fresh start, their order, and the quick ones.

With two devices, distribution over replicas can be tested in any process.
"""

import gc
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import pytest
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)

HERE = pathlib.Path(__file__).parent
QUICK = {  # folders and files whose tests train no model and start no process
    *("layers", "losses", "networks", "metrics", "data", "files"),
    *("test_floors", "test_images", "test_labels", "test_plotting", "test_results"),
    *("test_fused_adam", "test_fused_batch_normalization", "test_fused_leaky_relu"),
}
LONG = ("test_chapters", "test_distribution", "test_adjusting")


def pytest_collection_modifyitems(items):
    """Long tests come first, so that at the end no worker waits for another one's long test."""
    items.sort(key=lambda item: pathlib.Path(item.path).stem not in LONG)
    for item in items:
        if pathlib.Path(item.path).relative_to(HERE).with_suffix("").parts[0] in QUICK:
            item.add_marker("quick")


def pytest_collection_finish():
    """What has been imported stays: the collector of garbage need not look at it time and again.

    It goes through everything else less often than usual, too, because models leave much behind.
    """
    gc.freeze()
    gc.set_threshold(700, 10, 50)


@pytest.fixture(autouse=True)
def fresh_global_state():
    """Every test starts with float32, a seeded generator and no layer names taken."""
    keras.utils.clear_session(free_memory=False)  # Python's own collector finds the time itself
    keras.utils.set_random_seed(7)
    keras.config.set_dtype_policy("float32")
    yield
    keras.config.set_dtype_policy("float32")
