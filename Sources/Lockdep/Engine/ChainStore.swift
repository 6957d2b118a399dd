/// The chains of held locks that were validated, for `/proc/lockdep_chains` and the limits.
struct ChainStore {
  struct Chain {
    var first: UInt32
    var count: UInt16
    var irqContext: UInt8
    var key: UInt64
  }

  var chains: [Chain] = []
  var locks: [UInt32] = []
}
