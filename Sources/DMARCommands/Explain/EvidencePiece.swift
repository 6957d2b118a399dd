import LogReading
internal import ACPITables
internal import PCI

/// The contents of the inputs, piece by piece and in order, unpacked.
enum EvidencePiece {
  /// The following pieces come from the file with this name.
  case file(String)
  case event(LogEvent)
  /// The present file is a kernel's log, though it may hold no event.
  case log
  case platform(PlatformInput, path: String)
  /// Something was not read, or not to its end.
  case unread(UnreadInput)
  /// Text of an input that cannot be read again: a pipe, a file in an archive.
  case text(path: String, UnsafeRawBufferPointer)
  /// The number of bytes that were read.
  case bytes(Int)
}

/// Something that was not read, and why.
struct UnreadInput {
  enum Weight {
    /// A file among many, in a folder or an archive, that no log was expected to be.
    case aside
    /// A file that the command line names, or a part of it that is damaged: its faults are not known.
    case missing
  }

  var path: String
  /// `a PNG picture; type the lines off`
  var words: String
  var weight: Weight
}
