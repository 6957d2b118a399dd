#if !hasFeature(Embedded)
  // For users of the library who encode with Foundation; the package itself writes JSON from values.

  extension Finding.Cause: Codable {}
  extension Finding.Severity: Codable {}
#endif
