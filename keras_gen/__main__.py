"""The command line: `python -m keras_gen COMMAND`. TensorFlow loads when a command needs it."""

import pathlib
import sys
from typing import Annotated

import tyro

from keras_gen.console import quiet_start


def evaluate(
    model: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="MODEL")]],
    dataset: str = "digits",
    count: int = 10_000,
    seed: int = 1,
    image_size: int | None = None,
    value_range: Annotated[tuple[float, float] | None, tyro.conf.arg(metavar="LOW HIGH")] = None,
    output: pathlib.Path | None = None,
) -> None:
    """Judges generated images: prints every measure that applies, next to that of real images.

    Args:
        model: name of a shipped model, such as dcgan_mnist, path of a SavedModel with the endpoint
            sample(count, seed) or sample(label, count, seed), or path of a folder of PNG or JPEG
            pictures that some generator has made.
        dataset: digits, glyphs, mnist or fashion_mnist, whose LeNet ships with the library. For
            other data call keras_gen.evaluation.evaluate with an extractor of your own.
        count: number of images, at most the number of test images or of pictures.
        seed: start of the samples' random numbers.
        image_size: resize the data to this size.
        value_range: range of the generated pixels, such as -1 1; needed for a model that does not
            declare it, and without meaning for pictures.
        output: JSON file for the numbers; not an existing folder.
    """
    from keras_gen.files import check_file

    if output is not None:
        check_file(output, "output")
    with quiet_start():
        import tensorflow as tf

        from keras_gen import evaluation

        tf.config.list_logical_devices()

    result = evaluation.evaluate(model, dataset, count, seed, image_size, value_range=value_range)
    print(result.table())
    if output is not None:
        result.save(output)
        print(f"The numbers are in {output}.")


def models() -> None:
    """Lists the shipped models: what they are and what was measured."""
    with quiet_start():
        from keras_gen import saved_models

    print(saved_models.table(), end="")


def results(
    chapter: tyro.conf.Positional[Annotated[str | None, tyro.conf.arg(metavar="CHAPTER")]] = None,
    write: bool = False,
) -> None:
    """Prints what was measured, and what it is compared with.

    Args:
        chapter: a chapter's folder, such as 05_gans, or a result's name; by default everything.
        write: instead of printing, bring the tables of all chapter pages up to date.
    """
    from keras_gen.results import chapter_tables, fill, pages

    if not write:
        print(chapter_tables(chapter))
        return
    from keras_gen.files import replacing

    for page in pages():
        old = page.read_text("utf-8")
        new = fill(old)
        if new != old:
            with replacing(page) as temporary:
                temporary.write_text(new, "utf-8")
        print(f"{page}: {'up to date' if new == old else 'written'}")


def reproduce(name: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="NAME")]]) -> None:
    """Runs a published command again and says whether its figures hold.

    After an interruption the same command resumes. The exit status is 0 if all hold, else 1.

    Args:
        name: name of a published result, such as lenet_mnist.
    """
    from keras_gen.results import compare, forecast, published, references, run_again

    known, found = published(), references()
    if name not in known:
        print(
            f"There is no published result {name}. The published ones are:",
            *known,
            sep="\n",
            file=sys.stderr,
        )
        sys.exit(2)
    print(f"{known[name].command}\n{forecast(known[name])}", flush=True)
    figures = compare(known[name], run_again(known[name]), found)
    print(*figures, sep="\n")
    sys.exit(0 if all(figure.holds for figure in figures) else 1)


def sample(
    model: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="MODEL")]],
    count: int = 64,
    seed: int = 1,
    label: int | None = None,
    output: pathlib.Path = pathlib.Path("grid.png"),
) -> None:
    """Draws images of a saved generator: one PNG with all of them, or a folder of single ones.

    Equal seeds give equal images. Pictures that this command did not write are never replaced.

    Args:
        model: name of a shipped model, such as dcgan_mnist, or path of a SavedModel or a .keras
            file.
        count: number of images.
        seed: start of the random numbers.
        label: the class, for a conditional model.
        output: a file that ends in .png for a grid; otherwise a folder for single pictures.
    """
    from keras_gen.explorer.pictures import check_output, drawn, save_pictures

    check_output(output, count)
    with quiet_start():
        import tensorflow as tf

        tf.config.list_logical_devices()
    written = save_pictures(drawn(model, count, seed, label), output)
    print(f"{count} images are in {written}.")


def explore(
    model: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="MODEL")]],
    host: str = "127.0.0.1",
    port: int = 8080,
    show: bool = False,
) -> None:
    """Serves a page on which sliders move through the latents of a model; Ctrl+C ends it.

    Args:
        model: name of a shipped model, such as dcgan_mnist, or path of a SavedModel or a .keras
            file.
        host: address to listen on; the default can be reached from this machine only.
        port: its port.
        show: open the page in a browser.
    """
    try:
        import nicegui  # noqa: F401
    except ImportError as error:
        text = 'The explorer needs NiceGUI: pip install "keras_gen[explore]"'
        raise OSError(text) from error
    with quiet_start():
        from keras_gen.explorer import Studio, page
        from keras_gen.explorer.opening import opened

        studio = Studio(opened(model))
    print(f"http://{host}:{port}", flush=True)
    page.serve(studio, host, port, show)


class Failure(SystemExit):
    """The end of a command with a message and a status: 2 for wrong arguments, otherwise 1."""

    def __init__(self, message, status):
        super().__init__(message)
        self.code = status
        print(message, file=sys.stderr)


def main(args=None):
    """Runs a command; an error in its arguments or on the disk ends it with a message."""
    commands = {
        "sample": sample,
        "explore": explore,
        "evaluate": evaluate,
        "models": models,
        "results": results,
        "reproduce": reproduce,
    }
    try:
        tyro.extras.subcommand_cli_from_dict(
            commands, prog="keras_gen", description="Generative models in Keras.", args=args
        )
    except ValueError as error:
        raise Failure(str(error), 2) from error
    except OSError as error:
        raise Failure(str(error), 1) from error
    except KeyboardInterrupt:
        raise Failure("Interrupted.", 1) from None


if __name__ == "__main__":
    main()
