import Testing

@testable import KernelRuntime

@Suite("A modelled call stack")
struct CallStackTests {
  private func calls(_ stack: CallStack, inner: [String] = [], frameless: Set<String> = [])
    -> [String]
  {
    let frames = stack.frames(inner: inner, frameless: frameless)
    #expect(stack.innermostFrame(inner: inner, frameless: frameless) == frames.first)
    return frames.map { frame in
      switch frame {
      case .call(let caller, let callee, let kind): "\(kind.rawValue) \(caller)>\(callee)"
      case .registers: "registers"
      }
    }
  }

  @Test("a modelled call stack has a frame for each function but the innermost")
  func frames() {
    #expect(calls(CallStack(["a", "b", "c"])) == ["TASK b>c", "TASK a>b"])
  }

  @Test("attributes the call of an inlined function's callee to its caller")
  func inlined() {
    #expect(calls(CallStack(["a", "b", "c"]), frameless: ["b"]) == ["TASK a>c"])
  }

  @Test(
    "a modelled call stack shows the registers behind the interrupt's entry and no frame of what was interrupted"
  )
  func interrupt() {
    var stack = CallStack(["idle_loop", "idle"])
    stack.pushInterruptEntry("asm_entry", continuingOn: .interrupt)
    stack.push("entry")
    stack.push("handler")
    #expect(
      calls(stack) == [
        "IRQ entry>handler", "TASK asm_entry>entry", "registers", "TASK idle_loop>idle",
      ])
    for _ in 0..<3 { stack.pop() }
    #expect(calls(stack) == ["TASK idle_loop>idle"])
  }

  @Test(
    "a modelled call stack reads call sites in both forms and refuses others",
    arguments: [
      ("0xce/0x2d0", "f+0xce/0x2d0"), ("f.cold+0x48/0xe1", "f.cold+0x48/0xe1"), ("12/34", nil),
      ("0xce", nil), ("+0x1/0x2", nil), ("0x1/0xzz", nil),
    ] as [(String, String?)])
  func callSite(_ text: String, _ printed: String?) {
    #expect(CallSites.Symbol(text, in: "f")?.description == printed)
  }

  @Test("a call that nobody saw printed has no invented offset")
  func unknown() {
    let sites = CallSites([
      "f": ["g": CallSites.Symbol("0x1/0x20", in: "f")].compactMapValues { $0 }
    ])
    #expect("\(sites.symbol(of: "h", in: "f"))" == "f+0x?/0x20")
    #expect("\(sites.symbol(of: "h", in: "e"))" == "e+0x?/0x?")
  }
}
