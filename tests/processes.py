"""Processes of their own that start with TensorFlow imported, which else takes most of their time.

A server imports the libraries, uses none of them, and is forked for every process.
"""

import contextlib
import gc
import io
import json
import multiprocessing
import os
import runpy
import socket
import sys

from keras_gen import runs
from keras_gen.console import LEVEL
from keras_gen.runs.scripts import constants_of

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["tensorflow", "keras", "keras_gen.models", "keras_gen.callbacks", "keras_gen.saved_models"]
    + ["keras_gen.plotting", "matplotlib.pyplot", "tyro"]
)
NEXT = "==== next start ===="  # between what two starts of a script print


def start(function, *arguments, log, environment=None):
    """Starts `function(*arguments)` in another process, and returns the process.

    Args:
        function: a function of a module that the process can import: no test module.
        *arguments: what `pickle` can write.
        log: path of a file for all that it prints, and for the traceback if it fails.
        environment: dict of further environment variables.
    """
    log.touch()
    target = (function, arguments, log, environment or {})
    process = CONTEXT.Process(target=_run, args=target, daemon=True)
    process.start()
    return process


def start_workers(function, *arguments, logs):
    """Starts a function as several workers, which find each other on the loopback.

    Args:
        function, *arguments: as for `start`.
        logs: list of paths, one for each worker.

    Returns:
        List of the processes.
    """
    ports = []
    for _ in logs:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(f"127.0.0.1:{free.getsockname()[1]}")
    workers = []
    for index, log in enumerate(logs):
        config = {"cluster": {"worker": ports}, "task": {"type": "worker", "index": index}}
        environment = {"TF_CONFIG": json.dumps(config)}
        workers.append(start(function, *arguments, log=log, environment=environment))
    return workers


def finish(process, log, seconds=240):
    """Waits for a process, and fails with the end of its log if it has failed."""
    process.join(seconds)
    assert process.exitcode == 0, f"exit code {process.exitcode}: {log.read_text()[-3000:]}"


def end(process, seconds):
    """Waits for a process that may hang, kills it if it does, and returns its exit code."""
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode


def start_script(script, texts, errors, constants=None):
    """Starts a script twice from the same command line, and a third time with an edited constant.

    Args:
        script: path of the script.
        texts: list of texts of the command line.
        errors: path of a file for what the first two starts write to stderr.
        constants: dict of constants that the script has, with values instead of its own.
    """
    with open(errors, "w") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    os.environ.pop(LEVEL, None)  # as in a user's shell
    main = runpy.run_path(str(script))["main"]
    for name, value in (constants or {}).items():
        assert name in main.__globals__, name
        main.__globals__[name] = value
    runs.start(main, texts)
    print(NEXT)
    runs.start(main, texts)
    print(NEXT)
    for name in sorted(constants_of(main))[:1]:
        main.__globals__[name] = "edited"
        with contextlib.redirect_stderr(io.StringIO()) as refusal:
            try:
                runs.start(main, texts)
            except SystemExit as ended:
                print(f"exit status {ended.code}")
        print(refusal.getvalue())


def _run(function, arguments, log, environment):
    gc.freeze()  # what has been imported stays
    os.environ.update(environment)
    with open(log, "w") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    function(*arguments)
