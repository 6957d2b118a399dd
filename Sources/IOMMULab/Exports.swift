// What a program with a lab in it needs to name: one import brings it all.
@_exported public import Diagnosis
@_exported public import KernelLog
@_exported public import Lockdep
@_exported public import Machine
@_exported public import PhysicalMemory
@_exported public import RemappingTables
@_exported public import Scenario
@_exported public import ScenarioFormat
@_exported public import VTdFormats
@_exported public import VTdUnit
