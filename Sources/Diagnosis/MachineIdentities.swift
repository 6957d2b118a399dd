/// Tells the machines apart where the inputs come from several: by the model's name in firmware, or
/// by the host's name in front of the lines.
struct MachineIdentities: Sendable {
  struct Identity: Hashable, Sendable {
    var model: String?
    var host: String?
  }

  /// The largest number of machines; lines of further ones count for the present machine.
  private static let most = 64

  private(set) var known: [Identity] = []

  /// The index of the machine whose lines begin with this host's name; `present` is the machine of
  /// the lines without a name.
  mutating func machine(host: String, present: Int) -> Int {
    if let index = known.firstIndex(where: { $0.host == host }) { return index }
    // The first name that appears belongs to the machine whose lines had none so far.
    if known.indices.contains(present), known[present].host == nil {
      known[present].host = host
      return present
    }
    return add(Identity(host: host), or: present)
  }

  /// The index of the machine that firmware calls `name`, with or without the firmware's version.
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

  /// The name without the firmware's version, since an update does not make another machine.
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
