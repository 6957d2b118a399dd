/// Keys in dynamic memory, which come and go.
extension Validator {
  /// Makes a key known (`lockdep_register_key`).
  public func registerKey(_ key: LockKey) {
    registry.dynamicKeys.insert(key)
  }

  /// Forgets a key, its classes, their dependencies and every chain with one of them
  /// (`lockdep_unregister_key`). Locks of these classes that are still held print as `<RELEASED>`.
  public func unregisterKey(_ key: LockKey) {
    guard registry.dynamicKeys.remove(key) != nil else { return }
    var zapped: Set<UInt32> = []
    for subclass in 0..<UInt8(Limits.subclasses) {
      if let index = registry.classes.removeValue(forKey: ClassRegistry.slot(key, subclass)) {
        zapped.insert(index)
      }
    }
    registry.keys[key] = nil
    guard !zapped.isEmpty else { return }
    for index in zapped { core.pointee.graph.classes[index].pointee.isZapped = true }
    forgetVersions(of: zapped)
    core.pointee.graph.removeEdges { zapped.contains($0) }
    removeChains(with: zapped)
    for index in 0..<core.pointee.locks.count {
      let map = core.pointee.locks[UInt32(index)]
      if zapped.contains(map.pointee.cachedClass0) {
        map.pointee.cachedClass0 = noIndex
        map.pointee.plainClass = noIndex
      }
      if zapped.contains(map.pointee.cachedClass1) { map.pointee.cachedClass1 = noIndex }
    }
  }

  /// A new class of a name is one more than the greatest version that still exists.
  private func forgetVersions(of zapped: Set<UInt32>) {
    for name in Set(zapped.map { classInfo[Int($0)].name }) {
      registry.versions[name] = classInfo.indices.filter {
        classInfo[$0].name == name && !core.pointee.graph.classes[UInt32($0)].pointee.isZapped
      }.map { classInfo[$0].version }.max()
    }
  }

  private func removeChains(with zapped: Set<UInt32>) {
    let old = core.pointee.chainStore
    var kept = ChainStore()
    core.pointee.chains.removeAll()
    for chain in old.chains {
      let locks = old.locks[Int(chain.first)..<Int(chain.first) + Int(chain.count)]
      if locks.contains(where: { zapped.contains($0) }) { continue }
      var moved = chain
      moved.first = UInt32(kept.locks.count)
      core.pointee.chains.insert(chain.key, UInt32(kept.chains.count))
      kept.chains.append(moved)
      kept.locks += locks
    }
    core.pointee.chainStore = kept
  }
}
