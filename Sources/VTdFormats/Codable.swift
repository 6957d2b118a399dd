#if !hasFeature(Embedded)
  // For users of the library who encode with Foundation; the package itself writes JSON from values.

  extension AddressType: Codable {}
  extension DescriptorType: Codable {}
  extension FaultReason: Codable {}
  extension FaultRequestType: Codable {}
  extension PageResponseCode: Codable {}
  extension PASIDTranslationType: Codable {}
  extension QueueErrorInformation: Codable {}
  extension RegisterAccess: Codable {}
  extension SourceValidationType: Codable {}
  extension TranslationType: Codable {}
#endif
