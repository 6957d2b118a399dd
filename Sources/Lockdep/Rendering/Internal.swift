/// Reports about the validator itself.
extension ReportWriter {
  mutating func writeInternal(_ report: LockReport) {
    switch report {
    case .tableFull(let table, let scene):
      print(.tooLow, table.shortName)
      print(.turningOff)
      records += environment.backtrace(scene)
    case .depthExceeded(let scene):
      print(.tooLow, "LOCK_DEPTH")
      print(.turningOff)
      print(.depth, "\(scene.held.count)", "\(Limits.depth)")
      heldLocks(scene)
      // debug_show_all_locks(), which finds the validator just turned off.
      print(.lockdepOff)
      records += environment.backtrace(scene)
    case .nonStaticKey(let scene):
      print(.nonStaticKey)
      if style.keyAdvice == .long {
        print(.annotateMaybe)
        print(.initialize)
      } else {
        print(.annotate)
      }
      print(.turningOff)
      records += environment.backtrace(scene)
    case .invalidSubclass(let subclass, let scene):
      print(.invalidSubclass, "\(subclass)")
      print(.turningOff)
      records += environment.backtrace(scene)
    case .unregisteredKey(let key):
      print(.unregisteredKey, hex16(key.rawValue))
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
