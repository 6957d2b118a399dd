/// All mutable state of a validator that operations touch, in one block of memory.
@usableFromInline
struct Core {
  /// The kernel's `debug_locks`: false after the first report, and then every operation returns.
  @usableFromInline var isOn = true
  /// How many reports there are.
  var reportCount = 0
  let provesLocking: Bool
  let countsUses: Bool
  /// Wait types as numbers, by the configuration.
  let waitSpin: UInt8
  let waitConfig: UInt8
  let waitMax: UInt8
  var locks = FlatTable<LockMap>()
  var tasks = FlatTable<TaskEntry>()
  var cpus = FlatTable<CPUEntry>()
  var graph = Graph()
  /// Chain key -> index in the chain list.
  var chains = KeyTable(capacity: 256)
  var chainStore = ChainStore()

  init(_ configuration: LockdepConfiguration) {
    provesLocking = configuration.provesLocking
    countsUses = configuration.countsUses
    waitSpin = WaitType.spin.number(rawNesting: configuration.rawNesting)
    waitConfig = WaitType.config.number(rawNesting: configuration.rawNesting)
    waitMax = WaitType.max.number(rawNesting: configuration.rawNesting)
  }

  func deallocate() {
    for index in 0..<tasks.count {
      tasks[UInt32(index)].pointee.deallocate()
    }
    locks.deallocate()
    tasks.deallocate()
    cpus.deallocate()
    graph.deallocate()
    chains.deallocate()
  }
}
