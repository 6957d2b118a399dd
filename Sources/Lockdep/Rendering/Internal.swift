/// Reports about the validator itself.
extension ReportWriter {
  static var turningOff: String { "turning off the locking correctness validator." }

  mutating func writeInternal(_ report: LockReport) {
    switch report {
    case .tableFull(let table, let scene):
      print("BUG: \(table.rawValue) too low!")
      print(Self.turningOff)
      records += environment.backtrace(scene)
    case .depthExceeded(let scene):
      print("BUG: MAX_LOCK_DEPTH too low!")
      print(Self.turningOff)
      print("depth: \(scene.held.count)  max: \(Limits.depth)!")
      heldLocks(scene)
      // debug_show_all_locks(), which finds the validator just turned off.
      print("INFO: lockdep is turned off.")
      records += environment.backtrace(scene)
    case .nonStaticKey(let scene):
      print("INFO: trying to register non-static key.")
      if style.keyAdvice == .long {
        print("The code is fine but needs lockdep annotation, or maybe")
        print("you didn't initialize this object before use?")
      } else {
        print("the code is fine but needs lockdep annotation.")
      }
      print(Self.turningOff)
      records += environment.backtrace(scene)
    case .invalidSubclass(let subclass, let scene):
      print("BUG: looking up invalid subclass: \(subclass)")
      print(Self.turningOff)
      records += environment.backtrace(scene)
    case .unregisteredKey(let key):
      print("BUG: key \(hex16(key.rawValue)) has not been registered!")
    case .searchOverflow:
      print("lockdep bfs error:-1")
    case .warning(let warning):
      print("------------[ cut here ]------------")
      if warning.isDebugLocks {
        print("DEBUG_LOCKS_WARN_ON(\(warning.text))")
      } else if !warning.text.isEmpty {
        print(warning.text)
      }
      records += environment.backtrace(warning.scene)
      irqTrace(warning.scene.irqTrace)
      print("---[ end trace 0000000000000000 ]---")
    default: break
    }
  }
}
