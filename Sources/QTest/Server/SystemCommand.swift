import CEpoll
import Glibc

/// The program `dmar-system-x86_64`: a command line as QEMU takes it, then service.
public enum SystemCommand {
  /// Whatever is wrong, as in QEMU.
  private static let failure: Int32 = 1

  /// Runs to the end.
  ///
  /// - Parameters:
  ///   - arguments: without the program's name.
  ///   - name: the program's name, for messages.
  /// - Returns: the exit status.
  public static func run(_ arguments: [String], name: String = "dmar-system-x86_64") -> Int32 {
    do throws(Q35MachineError) {
      let launch = try Launch(arguments)
      if case .print(let text) = launch.task {
        guard puts(text) >= 0, fflush(nil) == 0 else {
          throw Q35MachineError("standard output: \(UnixSocket.message(errno))")
        }
        return 0
      }
      guard launch.endpoints.contains(where: { $0.endpoint != .none }) else {
        throw Q35MachineError("nobody could talk to this machine: -qtest or -qmp was expected")
      }
      if launch.endsWithParent, dmar_end_with_parent() != 0 {
        throw Q35MachineError("-run-with exit-with-parent=on: \(UnixSocket.message(errno))")
      }
      try Server(launch).run()
      return 0
    } catch {
      let message = "\(name): \(error)\n"
      _ = message.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      return failure
    }
  }
}
