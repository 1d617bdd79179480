"""Starts a chapter script from the command line, and knows which run it is."""

import dataclasses
import functools
import inspect
import json
import pathlib
import re
import shlex
import sys

import tyro

from keras_gen.arguments import argument_error
from keras_gen.files import replacing

RECORD = "run.json"
FREE = ("output", "epochs")  # may change within one folder: Resume checks the number of epochs


@dataclasses.dataclass(frozen=True)
class Script:
    """A script as it was started.

    Args:
        path: the file.
        arguments: dict of everything that can be given on the command line.
        constants: dict of the file's constants, as texts.
        command: the command line.
    """

    path: pathlib.Path
    arguments: dict
    constants: dict
    command: str

    @property
    def name(self):
        return self.path.stem

    @property
    def chapter(self):
        return self.path.parent.name

    def record(self):
        """What distinguishes this run from others in the same folder, in JSON's plain types."""
        arguments = {n: repr(v) for n, v in self.arguments.items() if n not in FREE}
        return {"script": self.name, "arguments": arguments, "constants": self.constants}

    def check(self, output):
        """Refuses a folder that holds the state of another run.

        Args:
            output: the folder.
        """
        path = output / RECORD
        if not path.exists():
            if any(output.glob("*.state")):
                raise _other_run(output, "states without a record of their run")
            return
        saved, now = json.loads(path.read_text()), self.record()
        if saved.get("script") != now["script"]:
            raise _other_run(output, f"a run of {saved.get('script')}")
        changes = []
        for kind in ("arguments", "constants"):
            for name in {**saved[kind], **now[kind]}:
                was, is_now = saved[kind].get(name, "absent"), now[kind].get(name, "absent")
                if was != is_now:
                    changes.append(f"{name} was {was}, is {is_now}")
        if changes:
            raise _other_run(output, "a run in which " + "; ".join(changes))

    def write(self, output):
        """Records the run in its folder."""
        with replacing(output / RECORD) as temporary:
            temporary.write_text(json.dumps(self.record(), indent=2, sort_keys=True) + "\n")


def start(main, args=None):
    """Runs the `main` of a script with the arguments of the command line.

    `main` takes a `Run` called `run`, whose default holds the script's own values, and further
    arguments of its own. A wrong argument ends the process with one sentence and exit status 2.

    Args:
        main: the function.
        args: list of texts instead of the command line.
    """
    told = list(sys.argv[1:] if args is None else args)
    path = pathlib.Path(main.__code__.co_filename)
    default = inspect.signature(main).parameters["run"].default

    @functools.wraps(main)
    def started(run, **others):
        arguments = {**run.arguments(), **others}
        own = {name: p.default for name, p in inspect.signature(main).parameters.items()}
        defaults = {**default.arguments(), **{name: own[name] for name in others}}
        if run.output is None:
            run.output = pathlib.Path("outputs") / folder_name(path.stem, arguments, defaults)
        run.check_against(default)
        command = shlex.join(["python", _from_here(path), *told])
        run.script = Script(path, arguments, constants_of(main), command)
        return main(run, **others)

    try:
        tyro.cli(started, prog=path.name, args=told, config=(tyro.conf.OmitArgPrefixes,))
    except ValueError as error:
        if not str(error).startswith("Invalid value for argument"):
            raise
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def folder_name(name, arguments, defaults):
    """The name of a run's folder: the script and the arguments that are not the defaults."""
    changed = [
        f"{key}_{_file_text(value)}"
        for key, value in arguments.items()
        if key != "output" and value != defaults[key]
    ]
    return "-".join([name, *changed])


def constants_of(main):
    """The constants of a function's file, as texts: its names in capitals.

    Objects whose text is only their address are left out.
    """
    texts = {name: repr(value) for name, value in main.__globals__.items() if name.isupper()}
    return {name: text for name, text in texts.items() if " at 0x" not in text}


def _file_text(value):
    return re.sub(r"[^A-Za-z0-9.+]+", "_", str(value)).strip("_")


def _from_here(path):
    path = path.resolve()
    here = pathlib.Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)


def _other_run(output, found):
    return argument_error(
        "output",
        "a new folder, or that of a run with the same arguments and constants; choose another "
        "--output, or delete this folder",
        received=f"output={output}, which holds {found}",
    )
