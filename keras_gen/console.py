"""A console that shows the progress, the result and where to look, and nothing else."""

import contextlib
import logging
import os
import sys
import tempfile

LEVEL = "TF_CPP_MIN_LOG_LEVEL"  # 3: TensorFlow's errors come as exceptions, not also as lines


@contextlib.contextmanager
def quiet_start():
    """A block in which TensorFlow loads and finds its devices without messages.

    The messages are shown after all if the block fails. From then on TensorFlow reports only
    errors: its warnings are about retracing, which every further model of a script needs. Nothing
    is held back where the user has set TensorFlow's own variable, `TF_CPP_MIN_LOG_LEVEL`.
    """
    if LEVEL in os.environ:
        yield
        return
    os.environ[LEVEL] = "3"
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            said.seek(0)
            os.write(2, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
