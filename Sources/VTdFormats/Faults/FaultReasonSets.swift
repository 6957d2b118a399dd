/// The reasons that one question is about, by name. In legacy mode `readNotPermitted` and
/// `writeNotPermitted` stand for entries that are not present as well: the hardware does not tell.
extension FaultReason {
  /// All reasons with one problem in one of these structures.
  private static func all(
    _ problem: FaultReasonRow.Problem, of structures: FaultReasonRow.Structure...
  ) -> Set<FaultReason> {
    var found: Set<FaultReason> = []
    for row in rows where row.problem == problem && structures.contains(row.structure) {
      found.insert(row.reason)
    }
    return found
  }

  /// The walk came to the page tables, of either stage, or to the page.
  public static let inPageTables = Set(
    rows.filter { [.firstStage, .secondStage, .page].contains($0.structure) }.map { $0.reason })

  /// The tables of the function map nothing at the address: nobody mapped it, or it was unmapped.
  public static let pageMissing = all(.notPresent, of: .firstStage, .secondStage)
    .union(legacyPageRefused)

  /// A page is there and does not allow the access, or, in the second stage, nothing is there.
  public static let pageNotPermitted = writeRefused.union(readRefused)
    .union([.secondStageNotPresent])

  /// An entry lacks write permission, in either mode.
  public static let writeRefused: Set<FaultReason> = [
    .writeNotPermitted, .scalableWriteNotPermitted,
  ]

  /// An entry lacks read permission, in either mode.
  public static let readRefused: Set<FaultReason> = [.readNotPermitted, .scalableReadNotPermitted]

  /// The walk came as far as the page tables and did not let the access through.
  public static let pageRefused = pageMissing.union(pageNotPermitted)

  /// Legacy mode's two reasons for all that a page table refuses.
  public static let legacyPageRefused: Set<FaultReason> = [.writeNotPermitted, .readNotPermitted]

  /// The function has no tables: its root or context entry is not present.
  public static let functionMissing = all(.notPresent, of: .root, .context)

  /// The same in legacy mode alone.
  public static let legacyFunctionMissing: Set<FaultReason> = [.rootNotPresent, .contextNotPresent]

  /// The function, or the PASID that it uses, has no tables.
  public static let tablesMissing = functionMissing.union(
    all(.notPresent, of: .directory, .pasidEntry))

  /// Nothing is attached to the function, or to the PASID that it uses.
  public static let notAttached = functionMissing.union([.pasidEntryNotPresent])

  /// Nobody has given the function, or the PASID that it uses, this address.
  public static let nothingMapped = notAttached.union(pageMissing)

  /// The function was attached, and has lost its domain or the page.
  public static let detachedOrUnmapped = nothingMapped.subtracting([
    .rootNotPresent, .scalableRootNotPresent,
  ])

  /// A page table holds a reserved bit: the table was overwritten, or the entry made wrong.
  public static let pageEntryReserved = all(.reserved, of: .firstStage, .secondStage)

  /// Scalable mode's entries above the page tables hold what the unit cannot use.
  public static let scalableEntryWrong: Set<FaultReason> = [
    .scalableRootReserved, .scalableContextReserved, .scalableContextInvalid, .directoryReserved,
    .pasidEntryReserved, .pasidEntryInvalid,
  ]

  /// The interrupt remapping table, or the request's index into it, is wrong.
  public static let interruptEntryWrong = all(.notPresent, of: .interruptEntry)
    .union(all(.unreadable, of: .interruptEntry)).union(all(.reserved, of: .interruptEntry))
    .union([.interruptSourceMismatch, .interruptRequestReserved, .interruptIndexBeyondTable])
}
