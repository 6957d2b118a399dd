import Glibc
import Lockdep

/// Fills the kernel's tables: 8,192 classes, 32,768 edge copies, 65,536 chains.
func measureFullTables() {
  let before = Clock.residentBytes()
  let subject = Checked(count: 8192)
  let validator = subject.validator
  var numbers = Numbers(seed: 99)
  func edges() -> Int { validator.statistics["direct dependencies"] ?? 0 }
  func chains() -> Int { validator.statistics["dependency chains"] ?? 0 }
  let start = Clock.threadTime()
  var made = 0
  var known: Set<Int> = []
  while made < 16_384 {
    let from = numbers.next(below: 8191)
    let to = from + 1 + numbers.next(below: min(64, 8191 - from))
    guard known.insert(from * 8192 + to).inserted else { continue }
    validator.acquire(subject.locks[from], in: subject.context, at: .none)
    validator.acquire(subject.locks[to], in: subject.context, at: .none)
    validator.release(subject.locks[to], in: subject.context, at: .none)
    validator.release(subject.locks[from], in: subject.context, at: .none)
    made += 1
  }
  // Chains of three along the edges, until their table is full.
  var successors: [[Int]] = Array(repeating: [], count: 8192)
  for edge in known { successors[edge / 8192].append(edge % 8192) }
  var held: [LockID] = []
  func walk(_ index: Int, _ depth: Int) {
    guard depth < 6, chainCount < 65_536 - 8192 - 16_384 else { return }
    held.append(subject.locks[index])
    validator.acquire(subject.locks[index], in: subject.context, at: .none)
    if depth > 1 { chainCount += 1 }
    for next in successors[index].prefix(3) { walk(next, depth + 1) }
    validator.release(subject.locks[index], in: subject.context, at: .none)
    held.removeLast()
  }
  var chainCount = 0
  var root = 0
  while chainCount < 65_536 - 8192 - 16_384, root < 8192, validator.isOn {
    walk(root, 0)
    root += 1
  }
  let time = Clock.threadTime() - start
  let bytes = Clock.residentBytes() - before
  print(
    "full tables: \(edges()) edge copies, \(validator.classes.count) classes, \(chains()) chains,"
      + " \(fixed(Double(bytes) / 1_048_576, 1)) MiB (at most 64), \(fixed(time / 1e6, 0)) ms"
      + (validator.isOn ? "" : "; off: \(validator.reports.map(\.title))"))
}
