/// How much may come out of an input, whatever is nested in it.
public struct UnpackingLimits: Hashable, Sendable {
  /// What comes out may be so many times what went in. A log of one line, over and over, packs to a
  /// hundredth; the bombs of all kinds to less than a thousandth, those of lz4 aside, which pack to a
  /// 250th and end at ``bytes``.
  public var ratio = 500
  /// ``ratio`` is checked only once more than this many bytes came out.
  public var ratioStart = 1 << 23
  /// How many unpacked bytes may come out. A file that is not packed may be longer.
  public var bytes = 1 << 32
  /// How many members the archives of one input may have together.
  public var members = 1 << 18
  /// How many times over something may be packed.
  public var layers = 8

  /// The limits that the program uses.
  public init() {}
}
