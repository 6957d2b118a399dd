import CAffinity
import Glibc
import Lockdep

pin_to_this_processor()
let rounds = 31
let repeats = 20_000

/// Nanoseconds a pair, interleaved with the mutex pair of the same depth; and their ratio.
func measurePairs(_ name: String, depth: Int, limit: Double, _ subject: Checked) {
  let mutexes = Mutexes(count: depth)
  let count = repeats / depth
  var ratios: [Double] = []
  var times: [Double] = []
  var peers: [Double] = []
  for _ in 0..<rounds {
    let start = Clock.threadTime()
    if depth == 1 { mutexes.pairs(count) } else { mutexes.nest(depth: depth, rounds: count) }
    let middle = Clock.threadTime()
    if depth == 1 { subject.pairs(count) } else { subject.nest(depth: depth, rounds: count) }
    let end = Clock.threadTime()
    let pairs = Double(count * depth)
    peers.append((middle - start) / pairs)
    times.append((end - middle) / pairs)
    ratios.append((end - middle) / (middle - start))
  }
  report(name, median(times), median(peers), median(ratios), limit)
}

func report(_ name: String, _ time: Double, _ peer: Double, _ ratio: Double, _ limit: Double) {
  let padded = name + String(repeating: " ", count: max(0, 44 - name.count))
  print(
    "\(padded)\(fixed(time, 1, width: 9)) ns\(fixed(peer, 1, width: 8)) ns"
      + "\(fixed(ratio, 2, width: 9))x  at most \(fixed(limit, 1))x"
      + (ratio <= limit ? "" : "  OVER"))
}

/// The median of the acquires that add a dependency, while a graph of that size is built.
func measureDependencies(classes: Int, edges: Int, limit: Double) {
  let mutexes = Mutexes(count: 1)
  // What reading the clock twice costs by itself.
  let clock = median(
    (0..<1001).map { _ in
      let before = Clock.wallTime()
      return Clock.wallTime() - before
    })
  var medians: [Double] = []
  var peers: [Double] = []
  for round in 0..<rounds {
    mutexes.pairs(repeats)
    let start = Clock.threadTime()
    mutexes.pairs(repeats)
    peers.append((Clock.threadTime() - start) / Double(repeats))

    let subject = Checked(count: classes)
    var numbers = Numbers(seed: UInt64(round) + 7)
    // A random order of the classes, which the validator does not know.
    var order = Array(0..<classes)
    for index in stride(from: classes - 1, to: 0, by: -1) {
      order.swapAt(index, numbers.next(below: index + 1))
    }
    var known: Set<Int> = []
    var times: [Double] = []
    while known.count < edges {
      let first = numbers.next(below: classes)
      let second = numbers.next(below: classes)
      guard first != second else { continue }
      let (from, to) = (min(first, second), max(first, second))
      guard known.insert(from * classes + to).inserted else { continue }
      let outer = subject.locks[order[from]]
      let inner = subject.locks[order[to]]
      subject.validator.acquire(outer, in: subject.context, at: .none)
      let before = Clock.wallTime()
      subject.validator.acquire(inner, in: subject.context, at: .none)
      times.append(Clock.wallTime() - before)
      subject.validator.release(inner, in: subject.context, at: .none)
      subject.validator.release(outer, in: subject.context, at: .none)
    }
    guard subject.validator.isOn else {
      print("the graph is not the one that was meant: \(subject.validator.reports)")
      exit(1)
    }
    medians.append(median(times) - clock)
  }
  let time = median(medians)
  report(
    "new dependency, \(classes) classes, \(edges) edges", time, median(peers),
    time / median(peers), limit)
}

print("what                                              time       mutex pair   ratio")
let checked = Checked(count: 8)
checked.nest(depth: 8, rounds: 10)
measurePairs("acquire + release, known chain, depth 1", depth: 1, limit: 3.5, checked)
measurePairs("acquire + release, known chain, depth 8", depth: 8, limit: 4.5, checked)
let allocations = allocations_so_far()
checked.nest(depth: 8, rounds: 10_000)
let allocated = allocations_so_far() - allocations
print("allocations in 80,000 pairs with known chains: \(allocated)")
let off = Checked(count: 8)
off.turnOff()
measurePairs("acquire + release, validator off", depth: 1, limit: 0.2, off)
measureDependencies(classes: 400, edges: 1000, limit: 60)
measureDependencies(classes: 2000, edges: 10000, limit: 130)
measureFullTables()
