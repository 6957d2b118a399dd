/// Which machine speaks, where the inputs are of several: by the firmware's name for it, or by the
/// host's name in front of its lines.
struct MachineIdentities: Sendable {
  struct Identity: Hashable, Sendable {
    var model: String?
    var host: String?
  }

  /// More are one machine here.
  private static let most = 64

  private(set) var known: [Identity] = []

  /// The machine of lines that this host's name stands before; `present` is the one of the lines
  /// without a name.
  mutating func machine(host: String, present: Int) -> Int {
    if let index = known.firstIndex(where: { $0.host == host }) { return index }
    // The first name belongs to the machine that spoke without one.
    if known.indices.contains(present), known[present].host == nil {
      known[present].host = host
      return present
    }
    return add(Identity(host: host), or: present)
  }

  /// The machine whose firmware calls itself `name`, which may go on with the firmware's version.
  mutating func machine(named name: String, present: Int) -> Int {
    let model = Self.withoutFirmware(name)
    if let index = known.firstIndex(where: { $0.model == model }) { return index }
    if known.indices.contains(present), known[present].model == nil {
      known[present].model = model
      return present
    }
    return add(Identity(model: model), or: present)
  }

  private mutating func add(_ identity: Identity, or present: Int) -> Int {
    guard known.count < Self.most else { return present }
    known.append(identity)
    return known.count - 1
  }

  /// An update of the firmware makes no other machine.
  private static func withoutFirmware(_ name: String) -> String {
    guard let place = name.range(of: ", BIOS") else { return name }
    return String(name[..<place])
  }
}

extension String {
  /// Where `words` begin; the standard library has no search for text.
  fileprivate func range(of words: String) -> String.Index? {
    var at = startIndex
    while at < endIndex {
      if self[at...].hasPrefix(words) { return at }
      at = index(after: at)
    }
    return nil
  }
}
