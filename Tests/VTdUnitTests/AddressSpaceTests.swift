import Testing

@testable import VTdUnit

@Suite("Numbers of address spaces")
struct AddressSpaceTests {
  private func context(_ domain: UInt16) -> RequestContext {
    var context = RequestContext()
    context.domain = domain
    context.flags = .secondStage
    return context
  }

  @Test("domains of any number get spaces of their own, in any order")
  func domains() {
    var spaces = AddressSpaces()
    var tags: [UInt16: UInt64] = [:]
    for domain: UInt16 in [1, 0, 300, 2, 0xffff, 0x8000, 301] {
      #expect(spaces.secondStageSpace(domain: domain) == 0)
      #expect(spaces.known(for: context(domain), supervisor: false) == 0)
      tags[domain] = spaces.space(for: context(domain), supervisor: false)
    }
    #expect(Set(tags.values).count == tags.count)
    for (domain, tag) in tags {
      #expect(spaces.known(for: context(domain), supervisor: false) == tag)
      let again = spaces.space(for: context(domain), supervisor: false)
      #expect(again == tag)
    }
    var seen: [UInt16: UInt64] = [:]
    spaces.forEachSpace { tag, domain, _, _ in seen[domain] = tag }
    #expect(seen == tags)
  }

  @Test("what was never used is forgotten as well as what was")
  func forgotten() {
    var spaces = AddressSpaces()
    spaces.removeSecondStage(domain: 7)
    spaces.remove(domain: 0xffff)
    let first = spaces.space(for: context(7), supervisor: false)
    spaces.removeSecondStage(domain: 7)
    #expect(spaces.secondStageSpace(domain: 7) == 0)
    let second = spaces.space(for: context(7), supervisor: false)
    #expect(first != second)
    spaces.removeAll()
    #expect(spaces.secondStageSpace(domain: 7) == 0)
  }
}
