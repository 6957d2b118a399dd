"""Running scenarios: what a kernel prints on a machine that a file describes."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Mapping, Optional, Union

from ._decode import decode
from ._program import BAD_INPUT, DmarError, argument, call


@dataclass(frozen=True)
class ScenarioFault:
    """A fault that the kernel printed. ``access`` is ``read``, ``write`` or ``interrupt``; an interrupt
    has an ``index`` and no ``address``."""

    device: str = ""
    access: str = ""
    address: Optional[str] = None
    index: Optional[int] = None
    pasid: Optional[int] = None
    reason: int = 0


@dataclass(frozen=True)
class Run:
    """What came of a scenario.

    ``log`` has the kernel's lines as dmesg prints them, ``splats`` the titles of the lock reports, ``dump``
    how the dump of the tables ended, ``mismatches`` what is not as the scenario expects, and ``skipped`` why
    it was not run here (None where it was).
    """

    log: List[str] = field(default_factory=list)
    faults: List[ScenarioFault] = field(default_factory=list)
    splats: List[str] = field(default_factory=list)
    dump: str = "none"
    mismatches: List[str] = field(default_factory=list)
    skipped: Optional[str] = None
    error: Optional[str] = field(default=None, repr=False)

    @property
    def passed(self) -> bool:
        """Whether everything is as the scenario expects."""
        return self.skipped is None and not self.mismatches


def run(scenario: Union[str, "os.PathLike[str]"], *, kernel: Optional[str] = None,
        settings: Optional[Mapping[str, object]] = None, timeout: Optional[float] = None) -> Run:
    """Runs a scenario.

    Args:
        scenario: the path of a YAML file, the name of one that came with the program
            (``klist-splat/report``), or YAML itself, which has a line end.
        kernel: a release to run it under, such as ``4.19``, or a kernel file.
        settings: keys to change, such as ``{"steps[0].dma.access": "read"}``.
        timeout: seconds that the run may take.

    Raises:
        DmarError: the scenario is not there (status 66), or is not what it should be (65).
    """
    is_text = isinstance(scenario, str) and "\n" in scenario and not Path(scenario).exists()
    arguments = ["sweep", "-" if is_text else argument(scenario), "--log", "--check"]
    for path, value in (settings or {}).items():
        text = str(value).lower() if isinstance(value, bool) else "~" if value is None else str(value)
        arguments += ["--set", f"{path}={text}"]
    if kernel is not None:
        arguments += ["--kernel", kernel]
    if timeout is not None:
        arguments += ["--timeout", f"{timeout:.3f}"]
    given = str(scenario).encode() if is_text else None
    output = call(arguments, input=given, accepted=(0, 1))
    result = decode(Run, json.loads(output))
    if result.error is not None:
        raise DmarError(BAD_INPUT, result.error)
    return result
