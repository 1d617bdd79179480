"""How long the explorer takes from a slider's move to the picture: the median over many moves.

    pip install -e ".[explore]"
    python benchmarks/explorer.py dcgan_mnist

It times what the server does, from a new state to the bytes of the PNG, without the browser. Leave
the machine alone meanwhile.
"""

import argparse
import dataclasses
import statistics
import time

from keras_gen.explorer import Studio
from keras_gen.explorer.opening import opened
from keras_gen.explorer.page import png

MOVES, WARM_UP = 200, 10


def seconds(studio, moves):
    """The time of each of so many moves of the first slider, each to another value."""
    times = []
    for move in range(moves):
        strokes = (move / moves, *studio.start.strokes[1:])
        state = dataclasses.replace(studio.start, strokes=strokes)
        start = time.perf_counter()
        png(studio.picture(state))
        times.append(time.perf_counter() - start)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", help="names or paths of models")
    print("| model | median | 19 of 20 are faster than |\n| --- | --- | --- |")
    for name in parser.parse_args().models:
        studio = Studio(opened(name))
        seconds(studio, WARM_UP)
        times = seconds(studio, MOVES)
        slow = statistics.quantiles(times, n=20)[-1]
        print(f"| {name} | {1000 * statistics.median(times):.1f} ms | {1000 * slow:.1f} ms |")


if __name__ == "__main__":
    main()
