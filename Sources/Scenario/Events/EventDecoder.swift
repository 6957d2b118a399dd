internal import VTdFormats

/// Steps that are events, as values.
enum EventDecoder {
  /// Nil for a step that is none.
  static func action(_ name: String, from value: CheckedValue) throws -> EventAction? {
    switch name {
    case "device_tlb":
      return .deviceTLB(
        try ScenarioDecoder.deviceName(from: value.required("device")),
        unanswered: try value["unanswered"]?.integer(as: Int.self) ?? 0,
        answersTwice: try value["answers_twice"]?.boolean() ?? false)
    case "flush_device_tlb":
      return .flushDeviceTLB(
        try ScenarioDecoder.deviceName(from: value.required("device")),
        IOVA(rawValue: try value["address"]?.integer() ?? 0),
        order: try value["order"]?.integer(as: Int.self) ?? 52,
        queueDepth: try value["queue_depth"]?.integer(as: Int.self) ?? 0)
    case "submit":
      return .submit(
        unit: try value.required("unit").text(),
        try value.required("descriptors").list().map { try $0.list().map { try $0.integer() } })
    case "unit_stops":
      return .unitStops(try value.text())
    case "suspend":
      return .suspend(losing: try value["loses"]?.list().map { try $0.text() })
    case "resume":
      return .resume
    case "kexec":
      return .kexec(
        KexecDescription(
          build: try value["kernel"].map { try KernelDecoder.build(from: $0) },
          isCrash: try value["crash"]?.boolean() ?? false,
          boot: try ScenarioDecoder.boot(from: value.required("boot"), at: value.place)))
    default:
      return nil
    }
  }
}
