extension Terms {
  static let project: [Term] = [
    Term(
      "scenario", ["scenario file"],
      "A YAML file that says what machine there is, which kernel, and what happens step by step. `dmar "
        + "replay` plays it and prints the kernel's log.",
      see: ["step", "expectation"]),
    Term(
      "step", ["steps"],
      "One thing that happens in a scenario: a DMA, a write to memory or to a register, a call of the "
        + "driver, an invalidation.",
      see: ["scenario"]),
    Term(
      "expectation", ["expect"],
      "What a scenario says must come out: lines, records, a splat. `dmar test` compares.",
      see: ["scenario", "golden"]),
    Term(
      "golden", ["golden console", "golden file"],
      "A console that a real kernel printed. The model must print the same lines.",
      see: ["scenario", "profile"]),
    Term(
      "profile", ["kernel profile"],
      "How one kernel release behaves and prints. `dmar profiles 6.1` lists one.",
      see: ["setting", "release"]),
    Term(
      "setting", ["behaviour"],
      "One behaviour that differs between releases, with its values over time. A profile is a value for "
        + "each setting.",
      see: ["profile"]),
    Term(
      "release", ["kernel release", "uname -r"],
      "A kernel's version as `uname -r` prints it. A scenario's release chooses its profile.",
      see: ["profile"]),
    Term(
      "cure", [],
      "A change to the kernel that removes a splat. `dmar matrix` plays a scenario under each.",
      see: ["splat"]),
    Term(
      "quirk", ["hardware quirk"],
      "Where an emulated unit differs from the specification, by name, so that QEMU's consoles come out "
        + "equal. In Linux (drivers/pci/quirks.c) a quirk is code for a device that is not built as it "
        + "should be: one for DMA aliases tells the kernel that a device sends requests under another id.",
      see: ["unit"]),
    Term(
      "verdict", ["finding", "cause"],
      "What `dmar explain` says of a fault: how serious, why, who is to blame, how sure, what to do "
        + "next.",
      see: ["clue", "scenario"]),
    Term(
      "clue", ["evidence"],
      "A place in the log that speaks for or against a cause, with a weight. The clues together give a "
        + "verdict's confidence.",
      see: ["verdict"]),
    Term(
      "import", ["rebuild"],
      "`dmar import` makes a scenario from a log that gives the log's faults back.",
      see: ["scenario"]),
    Term(
      "qtest", ["qtest protocol"],
      "QEMU's protocol to drive a machine from outside: registers, memory and clock by lines of text. "
        + "`dmar serve` speaks it.",
      see: ["unit"]),
  ]
}
