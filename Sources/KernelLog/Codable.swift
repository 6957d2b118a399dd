#if !hasFeature(Embedded)
  // For users of the library who encode with Foundation; the package itself writes JSON from values.

  extension BootLine.DMARStructure: Codable {}
  extension BootLineGeneration: Codable {}
  extension DumpWording: Codable {}
  extension FaultLine.Access: Codable {}
  extension FaultLineGeneration: Codable {}
  extension FaultReasonTable: Codable {}
  extension LogLevel: Codable {}
  extension QueueErrorLine.Position: Codable {}
#endif
