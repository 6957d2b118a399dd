import Foundation
import Machine
import Scenario
import ScenarioFormat
import TestSupport
import Testing

/// Whatever runs thousands of scenarios (a sweep, a page, a fuzzer, a class) must not keep each of their machines.
@Suite struct OutlivingTests {
  /// An object that a run had, seen without being kept.
  private struct Seen {
    let type: String
    weak var object: AnyObject?
  }

  /// Each object that a value holds, directly or through others.
  private static func objects(of value: Any) -> [Seen] {
    var seen: [ObjectIdentifier: Seen] = [:]
    var waiting = [value]
    while let next = waiting.popLast() {
      let mirror = Mirror(reflecting: next)
      if mirror.displayStyle == .class {
        let object = next as AnyObject
        guard seen[ObjectIdentifier(object)] == nil else { continue }
        seen[ObjectIdentifier(object)] = Seen(type: "\(mirror.subjectType)", object: object)
      }
      var level: Mirror? = mirror
      while let here = level {
        waiting += here.children.map(\.value)
        level = here.superclassMirror
      }
    }
    return Array(seen.values)
  }

  @Test("no object of a run outlives it, whatever the scenario")
  func outlives() throws {
    var runs = 0
    for path in try ScenarioFiles.files(below: Repository.path("Configs")) {
      let scenario = try ScenarioLoader().load(path)
      var seen: [Seen] = []
      do {
        guard case .finished(let run)? = try? ScenarioRun.run(scenario) else { continue }
        seen = Self.objects(of: run)
      }
      runs += 1
      #expect(seen.count > 10)
      let kept = Set(seen.filter { $0.object != nil }.map(\.type)).sorted()
      #expect(kept == [], "\(path)")
    }
    #expect(runs > 200)
  }
}
