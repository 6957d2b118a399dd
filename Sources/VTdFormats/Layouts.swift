/// Every layout of this module by the short name that a command line uses.
public enum Layouts {
  /// Name and layout, in the order of the specification's chapters.
  public static let all: [(kind: String, layout: any BitImage.Type)] = [
    ("ver", VersionRegister.self),
    ("cap", Capability.self),
    ("ecap", ExtendedCapability.self),
    ("gcmd", GlobalCommand.self),
    ("gsts", GlobalStatus.self),
    ("rtaddr", RootTableAddress.self),
    ("ccmd", ContextCommand.self),
    ("fsts", FaultStatus.self),
    ("ectl", EventControl.self),
    ("frcd", FaultRecord.self),
    ("aflog", FaultLogAddress.self),
    ("pmen", ProtectedMemoryEnable.self),
    ("iva", InvalidateAddress.self),
    ("iotlb", IOTLBCommand.self),
    ("iqh", QueueHead.self),
    ("iqt", QueueTail.self),
    ("iqa", QueueAddress.self),
    ("ics", CompletionStatus.self),
    ("iqercd", QueueErrorRecord.self),
    ("irta", InterruptTableAddress.self),
    ("pqa", PageRequestQueueAddress.self),
    ("pqh", PageRequestQueuePointer.self),
    ("prs", PageRequestStatus.self),
    ("root", RootEntry.self),
    ("scalable-root", ScalableRootEntry.self),
    ("context", ContextEntry.self),
    ("scalable-context", ScalableContextEntry.self),
    ("pasid-directory", PASIDDirectoryEntry.self),
    ("pasid", PASIDTableEntry.self),
    ("pte", SecondStageEntry.self),
    ("first-stage", FirstStageEntry.self),
    ("irte", InterruptEntry.self),
    ("posted-irte", PostedInterruptEntry.self),
    ("posted-descriptor", PostedInterruptDescriptor.self),
    ("remappable-msi", RemappableAddress.self),
    ("compatibility-msi", CompatibilityAddress.self),
    ("msi-data", InterruptMessageData.self),
    ("descriptor-header", DescriptorHeader.self),
    ("page-request", PageRequestDescriptor.self),
  ]

  /// The layouts of the invalidation queue's descriptors, by type.
  public static let descriptors: [any InvalidationDescriptor.Type] = [
    ContextCacheDescriptor.self, IOTLBDescriptor.self, DeviceTLBDescriptor.self,
    InterruptEntryCacheDescriptor.self, WaitDescriptor.self, PASIDIOTLBDescriptor.self,
    PASIDCacheDescriptor.self, PASIDDeviceTLBDescriptor.self, PageGroupResponseDescriptor.self,
  ]
}
