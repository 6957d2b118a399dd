internal import Diagnosis
internal import Scenario

extension LogLines {
  /// The lines of logs that lie in files.
  ///
  /// What was packed, or came through a pipe, cannot be read again and has no lines here.
  ///
  /// - Parameter names: the files in the order of the places' numbers.
  init(of names: [String]) {
    self.init()
    for (number, name) in names.enumerated() where name != "-" && name != "standard input" {
      if let bytes = try? Files.bytes(at: name) { add(bytes, file: number) }
    }
  }
}
