/// How much may come out of an input, whatever is nested in it.
public struct UnpackingLimits: Hashable, Sendable {
  /// What comes out may be so many times what went in. A log of one line, over and over, packs to a
  /// hundredth; the bombs of all kinds to less than a thousandth, those of lz4 aside, which pack to a
  /// 250th and end at ``bytes``.
  public var ratio = 500
  /// From so many bytes on the ratio is looked at.
  public var ratioStart = 1 << 23
  /// Bytes that may come out. Files that are longer are read where they are not packed.
  public var bytes = 1 << 32
  /// Files in archives.
  public var members = 1 << 18
  /// How many times over something may be packed.
  public var layers = 8

  /// The limits of the program.
  public init() {}
}
