/// The schema of steps that are events for the driver.
enum EventSchema {
  static let fields: [Field] = [
    Field("device_tlb", .section(deviceTLB), "a function gets a TLB of its own (ATS)"),
    Field(
      "flush_device_tlb", .section(flush),
      "the kernel has a device drop pages from its TLB; a device without one never answers"),
    Field("submit", .section(submission), "the kernel submits descriptors as they are written"),
    Field(
      "unit_stops", .text, "a unit stops answering: from now on its registers read as all ones"),
    Field("suspend", .section(suspend), "the machine goes to sleep (S3)"),
    Field("resume", .section(Section(name: "resume", fields: [])), "it wakes up"),
    Field(
      "kexec", .section(kexec),
      "another kernel takes the machine over, with units and tables as they are"),
  ]

  private static let kexec = Section(
    name: "kexec",
    fields: [
      Field("crash", .boolean, "the old kernel crashed (kdump): it has shut nothing down"),
      Field("kernel", KernelSchema.type, "the new kernel; the same one unless given"),
      Field("boot", .section(ScenarioSchema.boot), required: true, "its boot"),
    ])

  private static let suspend = Section(
    name: "suspend",
    fields: [
      Field(
        "loses", .list(.text),
        "the units that lose registers and caches with their power, all unless given")
    ])

  private static let deviceTLB = Section(
    name: "device_tlb",
    fields: [
      Field("device", .form(.deviceOrFirst), required: true, "the device"),
      Field(
        "unanswered", .integer(0...1_000_000),
        "how many invalidations it leaves unanswered before it answers"),
      Field(
        "answers_twice", .boolean, "it sends a completion too many, which the unit cannot place"),
    ])

  private static let flush = Section(
    name: "flush_device_tlb",
    fields: [
      Field("device", .form(.deviceOrFirst), required: true, "the device"),
      Field("address", .integer(0...(.max)), "the first page, 0 unless given"),
      Field("order", .integer(0...52), "2^order pages; 52, all of them, unless given"),
      Field(
        "queue_depth", .integer(0...31),
        "the device's invalidate queue depth as its ATS capability says, 0 (for 32) unless given"),
    ])

  private static let submission = Section(
    name: "submit",
    fields: [
      Field("unit", .text, required: true, "the unit's name"),
      Field(
        "descriptors", .list(.list(.integer(0...(.max)))), required: true,
        "the 64-bit words of each; the kernel puts a wait behind them"),
    ])
}
