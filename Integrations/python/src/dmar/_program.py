"""The program that does the work: where it is, and how it is run."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import List, Optional, Sequence, Union

#: Exit codes of the program (sysexits.h), by what they are here.
WRONG_USAGE, BAD_INPUT, NO_INPUT = 64, 65, 66


class DmarError(Exception):
    """The program could not do what it was asked to do.

    Attributes:
        status: its exit code: 64 wrong usage, 65 input that is not what it should be, 66 no such input,
            70 a defect of the program, 73 and 74 an output that cannot be written.
        message: what it said on standard error.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message or f"dmar ended with status {status}")
        self.status = status
        self.message = message


def program() -> str:
    """The path of the program: that of the environment variable ``DMAR``, that of this package, or the
    one on ``PATH``.

    Raises:
        FileNotFoundError: there is none.
    """
    named = os.environ.get("DMAR")
    if named:
        return named
    own = Path(__file__).parent / "_dist" / "bin" / "dmar"
    if own.exists():
        return str(own)
    found = shutil.which("dmar")
    if found:
        return found
    raise FileNotFoundError("the program dmar is neither in this package nor on PATH")


def version() -> str:
    """The version of the program, such as ``0.1.0 (commit 0804218)``."""
    return call(["--version"]).strip()


def call(arguments: Sequence[str], *, input: Optional[bytes] = None,
         accepted: Sequence[int] = (0,), timeout: Optional[float] = None) -> str:
    """Runs the program to its end and gives what it printed.

    Raises:
        DmarError: it ended with a status that is not accepted.
        subprocess.TimeoutExpired: it took longer than ``timeout`` seconds.
    """
    done = subprocess.run(command(arguments), input=input if input is not None else b"",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, check=False)
    if done.returncode not in accepted:
        raise DmarError(done.returncode, done.stderr.decode("utf-8", "replace").strip())
    return done.stdout.decode("utf-8", "replace")


def command(arguments: Sequence[str]) -> List[str]:
    """The command line for the program with some arguments."""
    return [program(), *arguments]


def argument(path: Union[str, "os.PathLike[str]"]) -> str:
    """A path as an argument that cannot be taken for an option or for standard input."""
    text = os.fspath(path)
    return "./" + text if text.startswith("-") else text
