#if !hasFeature(Embedded)
  // For users of the library who encode with Foundation; the package itself writes JSON from values.

  extension DMAAccess: Codable {}
  extension InterruptMessage.Event: Codable {}
  extension WalkStructure: Codable {}
#endif
