#if !hasFeature(Embedded)
  // For users of the library who encode with Foundation; the package itself writes JSON from values.

  extension KernelMessage.Kind: Codable {}
  extension KernelStumble.Kind: Codable {}
  extension LockSplat.Kind: Codable {}
  extension OtherSystem: Codable {}
#endif
