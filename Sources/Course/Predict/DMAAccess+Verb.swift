internal import VTdUnit

extension DMAAccess {
  /// What a device does by it.
  var verb: String {
    switch self {
    case .read: "reads"
    case .write: "writes"
    case .atomic: "changes"
    }
  }
}
