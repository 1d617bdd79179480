"""Writing files and folders so that nothing already saved is ever lost.

What is written is in a hidden temporary, `.NAME.keras_gen-...`, until it is complete. Its name says
which process writes it, so the next save in that folder removes what a killed process has left and
nothing else.
"""

from keras_gen.files.paths import check_file, check_folder
from keras_gen.files.temporaries import remove_leftovers
from keras_gen.files.whole_file import replacing
from keras_gen.files.whole_folder import recover, replacing_folder

__all__ = [
    "check_file",
    "check_folder",
    "recover",
    "remove_leftovers",
    "replacing",
    "replacing_folder",
]
