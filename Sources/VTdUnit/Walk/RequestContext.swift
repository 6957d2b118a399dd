import VTdFormats

/// What the context entry, and in scalable mode the PASID entry, say about a request: everything
/// that the page walk needs of them, and what tags its cached results.
struct RequestContext {
  /// Table addresses, page aligned.
  var firstStageTable: UInt64 = 0
  var secondStageTable: UInt64 = 0
  /// PASID of the entry: the request's own, or RID_PASID.
  var pasid: UInt32 = 0
  var domain: UInt16 = 0
  var firstStageLevels: UInt8 = 0
  var secondStageLevels: UInt8 = 0
  var flags: Flags = []

  struct Flags: OptionSet {
    let rawValue: UInt32
    /// Faults from here on are not recorded.
    static var faultProcessingDisabled: Flags { Flags(rawValue: 1 << 0) }
    static var passThrough: Flags { Flags(rawValue: 1 << 1) }
    static var firstStage: Flags { Flags(rawValue: 1 << 2) }
    static var secondStage: Flags { Flags(rawValue: 1 << 3) }
    /// Codes of scalable mode.
    static var scalable: Flags { Flags(rawValue: 1 << 4) }
    /// ATS is allowed: TT 01, or DTE.
    static var deviceTLB: Flags { Flags(rawValue: 1 << 5) }
    static var supervisorRequests: Flags { Flags(rawValue: 1 << 7) }
    static var executeRequests: Flags { Flags(rawValue: 1 << 8) }
    static var writeProtect: Flags { Flags(rawValue: 1 << 9) }
    static var noExecute: Flags { Flags(rawValue: 1 << 10) }
    static var extendedAccessed: Flags { Flags(rawValue: 1 << 11) }
    static var secondStageAccessedDirty: Flags { Flags(rawValue: 1 << 12) }
    static var pageWalkSnoop: Flags { Flags(rawValue: 1 << 13) }
    static var pageSnoop: Flags { Flags(rawValue: 1 << 14) }
    static var ridPrivilege: Flags { Flags(rawValue: 1 << 15) }
  }

  var isNested: Bool { flags.isSuperset(of: [.firstStage, .secondStage]) }
}
