#if !hasFeature(Embedded)
  // For users of the library who encode with Foundation; the package itself writes JSON from values.

  extension ClassID: Codable {}
  extension CPUID: Codable {}
  extension LockdepFrame: Codable {}
  extension LockdepFunction: Codable {}
  extension LockFamily: Codable {}
  extension LockID: Codable {}
  extension LockKey: Codable {}
  extension LockMode: Codable {}
  extension LockReport.Table: Codable {}
  extension LockType: Codable {}
  extension TaskID: Codable {}
  extension UsageBit: Codable {}
  extension UsageMask: Codable {}
  extension WaitType: Codable {}
#endif
