"""``python -m dmar`` and the command ``dmar`` of an installed wheel: the program itself."""

import os
import sys

from ._program import program


def main() -> None:
    """Becomes the program, with the arguments of this process."""
    path = program()
    os.execv(path, [path] + sys.argv[1:])


if __name__ == "__main__":
    main()
