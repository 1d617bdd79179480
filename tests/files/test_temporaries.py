"""What killed processes leave behind disappears, and nothing else."""

import os
import subprocess
import sys

from small_files import run

from keras_gen.files import replacing, temporaries

DEAD = "keras_gen-{}-{}-1-0123abcd"


def dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_leftovers_of_dead_processes_disappear_with_the_next_saving(file):
    machine, pid = temporaries._machine(), dead_process()
    left = [
        file.parent / f".{n}.{DEAD.format(machine, pid)}{s}" for n, s in [("a", ""), ("b", ".x")]
    ]
    left[0].mkdir()
    (left[0] / "half").write_text("half")
    left[1].write_text("half")
    own = file.parent / f".c.{DEAD.format(machine, os.getpid())}.png"  # its number is taken again
    own.write_text("half")
    with replacing(file) as temporary:
        temporary.write_text("new")
    assert os.listdir(file.parent) == [file.name]


def test_what_may_be_in_use_or_is_not_ours_stays(file):
    process = run("import sys, time; sys.stdout.write('x\\n'); sys.stdout.flush(); time.sleep(60)")
    process.stdout.readline()
    started = temporaries._started(process.pid)
    live = f".a.keras_gen-{temporaries._machine()}-{process.pid}-{started}-0123abcd.keras"
    names = [live, f".a.{DEAD.format('00000000', 1)}", ".model-0123abcd.keras", ".a.keras_gen-x"]
    for name in names:
        (file.parent / name).write_text("precious")
    with replacing(file) as temporary, replacing(file) as other:
        temporary.write_text("new")
        other.write_text("new")
    assert sorted(os.listdir(file.parent)) == sorted([file.name, *names])
    process.kill()
    process.wait()
    os.utime(file.parent / names[1], (0, 0))  # of another machine, and old
    with replacing(file) as temporary:
        temporary.write_text("new")
    assert sorted(os.listdir(file.parent)) == sorted([file.name, *names[2:]])
