import Glibc
import VTdUnit

// `VTdUnitBenchmark CASE` runs one loop for callgrind to count; without arguments it measures time,
// as ratios within one run.
let arguments = CommandLine.arguments
if arguments.count > 1 {
  guard let loop = CountedLoop(rawValue: arguments[1]) else {
    print("cases: \(CountedLoop.allCases.map(\.rawValue).joined(separator: " "))")
    exit(64)
  }
  try loop.run()
} else {
  try Timing.report()
}
