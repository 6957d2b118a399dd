"""DMA faults of an Intel IOMMU under Linux: explain a kernel log, run a scenario.

>>> import dmar
>>> explanation = dmar.explain("/var/log/kern.log")           # doctest: +SKIP
>>> for fault in explanation.faults:                          # doctest: +SKIP
...     print(fault.device, fault.cause, fault.confidence, fault.verdict)

Everything is done by the program ``dmar`` that comes with this package, in a process of its own; another
one is used where the environment variable ``DMAR`` names it.
"""

from ._program import DmarError, program, version
from .explanation import (Clue, Decoded, Dump, Evidence, Explanation, Fault, FaultCount, Finding, Lock, LockReport,
                          OtherCause, Place, Summary, Unit, Workaround, explain, explain_follow)
from .scenario import Run, ScenarioFault, run

__all__ = [
    "Clue", "Decoded", "DmarError", "Dump", "Evidence", "Explanation", "Fault", "FaultCount", "Finding", "Lock",
    "LockReport", "OtherCause", "Place", "Run", "ScenarioFault", "Summary", "Unit", "Workaround",
    "explain", "explain_follow", "program", "run", "version",
]
