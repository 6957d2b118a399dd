/// A layout of this module as a value: what it is called, and how words become its fields.
public struct Layout: Sendable {
  /// The short name that a command line uses.
  public let kind: String
  /// What the specification calls the structure.
  public let name: String
  /// Width of the structure in bits.
  public let bitWidth: Int
  /// Every field with its value in these words, lowest first; set bits that no field names come
  /// last, as `reserved`.
  public let decode: @Sendable ([UInt64]) -> [DecodedField]
  /// The words as one line: `NAME[FIELD=0x1 …]`.
  public let describe: @Sendable ([UInt64]) -> String

  #if !hasFeature(Embedded)
    /// The layout itself.
    public let image: any BitImage.Type
  #endif

  init<Image: BitImage>(_ kind: String, _ image: Image.Type) {
    self.kind = kind
    name = Image.name
    bitWidth = Image.bitWidth
    decode = { Image(words: $0).decoded }
    describe = { Image(words: $0).description }
    #if !hasFeature(Embedded)
      self.image = image
    #endif
  }

  /// The address of an interrupt request in remappable format.
  public static let remappableAddress = Layout("remappable-msi", RemappableAddress.self)
  /// The address of an interrupt request in compatibility format.
  public static let compatibilityAddress = Layout("compatibility-msi", CompatibilityAddress.self)
  /// The data of a message signalled interrupt.
  public static let messageData = Layout("msi-data", InterruptMessageData.self)

  /// The number of 64-bit words.
  public var wordCount: Int { (bitWidth + 63) / 64 }
}

/// Every layout of this module by the short name that a command line uses.
public enum Layouts {
  /// In the order of the specification's chapters.
  public static let all: [Layout] = [
    Layout("ver", VersionRegister.self),
    Layout("cap", Capability.self),
    Layout("ecap", ExtendedCapability.self),
    Layout("gcmd", GlobalCommand.self),
    Layout("gsts", GlobalStatus.self),
    Layout("rtaddr", RootTableAddress.self),
    Layout("ccmd", ContextCommand.self),
    Layout("fsts", FaultStatus.self),
    Layout("ectl", EventControl.self),
    Layout("frcd", FaultRecord.self),
    Layout("aflog", FaultLogAddress.self),
    Layout("pmen", ProtectedMemoryEnable.self),
    Layout("iva", InvalidateAddress.self),
    Layout("iotlb", IOTLBCommand.self),
    Layout("iqh", QueueHead.self),
    Layout("iqt", QueueTail.self),
    Layout("iqa", QueueAddress.self),
    Layout("ics", CompletionStatus.self),
    Layout("iqercd", QueueErrorRecord.self),
    Layout("irta", InterruptTableAddress.self),
    Layout("pqa", PageRequestQueueAddress.self),
    Layout("pqh", PageRequestQueuePointer.self),
    Layout("prs", PageRequestStatus.self),
    Layout("root", RootEntry.self),
    Layout("scalable-root", ScalableRootEntry.self),
    Layout("context", ContextEntry.self),
    Layout("scalable-context", ScalableContextEntry.self),
    Layout("pasid-directory", PASIDDirectoryEntry.self),
    Layout("pasid", PASIDTableEntry.self),
    Layout("pte", SecondStageEntry.self),
    Layout("first-stage", FirstStageEntry.self),
    Layout("irte", InterruptEntry.self),
    Layout("posted-irte", PostedInterruptEntry.self),
    Layout("posted-descriptor", PostedInterruptDescriptor.self),
    .remappableAddress,
    .compatibilityAddress,
    .messageData,
    Layout("descriptor-header", DescriptorHeader.self),
    Layout("page-request", PageRequestDescriptor.self),
  ]

  /// The layout of that kind.
  public static func named(_ kind: String) -> Layout? { all.first { $0.kind == kind } }

  /// The layout of the invalidation queue's descriptors of one type.
  public static func descriptor(_ type: DescriptorType) -> Layout {
    switch type {
    case .contextCache: Layout("descriptor", ContextCacheDescriptor.self)
    case .iotlb: Layout("descriptor", IOTLBDescriptor.self)
    case .deviceTLB: Layout("descriptor", DeviceTLBDescriptor.self)
    case .interruptEntryCache: Layout("descriptor", InterruptEntryCacheDescriptor.self)
    case .wait: Layout("descriptor", WaitDescriptor.self)
    case .pasidIOTLB: Layout("descriptor", PASIDIOTLBDescriptor.self)
    case .pasidCache: Layout("descriptor", PASIDCacheDescriptor.self)
    case .pasidDeviceTLB: Layout("descriptor", PASIDDeviceTLBDescriptor.self)
    case .pageGroupResponse: Layout("descriptor", PageGroupResponseDescriptor.self)
    }
  }
}
