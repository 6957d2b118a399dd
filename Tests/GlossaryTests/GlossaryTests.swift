import Testing

@testable import Glossary

@Suite("The glossary")
struct GlossaryTests {
  @Test("every related term is a term of the glossary", arguments: Terms.all)
  func related(term: Term) {
    for name in term.related {
      #expect(Terms.all.contains { $0.name == name }, "\(term.name) names \(name)")
      #expect(name != term.name)
    }
  }

  @Test("no name or alias stands for two terms")
  func unique() {
    var owners: [String: String] = [:]
    for term in Terms.all {
      for name in Set(([term.name] + term.aliases).map { $0.lowercased() }) {
        #expect(owners[name] == nil, "\(name): \(owners[name] ?? "") and \(term.name)")
        owners[name] = term.name
      }
    }
  }

  @Test("a meaning is made of whole sentences", arguments: Terms.all)
  func sentences(term: Term) {
    #expect(term.meaning.hasSuffix(".") || term.meaning.hasSuffix("suppressed\"."))
    #expect(term.meaning.count > 40)
    #expect(!term.meaning.contains("  "))
  }

  @Test(
    "a term is found by any spelling",
    arguments: [
      ("frcd", "fault record"), ("Fault-Record", "fault record"), ("BDF", "bus:device.function"),
      ("device tlb", "ATS"), ("{?.+.}", "usage bits"), ("IOMMU group", "group"),
    ])
  func spelling(text: String, name: String) {
    #expect(Terms.term(text)?.name == name)
  }

  @Test("a part of a name finds the terms that contain it, names before meanings")
  func suggestions() {
    let found = Terms.suggestions(for: "invalid").map(\.name)
    #expect(found.first == "invalidation")
    #expect(found.contains("invalidation queue"))
    #expect(Terms.suggestions(for: "").isEmpty)
    #expect(Terms.suggestions(for: "zzzz").isEmpty)
  }
}
