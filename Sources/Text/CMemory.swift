#if hasFeature(Embedded)
  // The C library's functions that look at bytes, from whatever a module is linked with. Every other
  // build has them from its system.

  /// Where `byte` stands first among `count` bytes; nil where it does not.
  @_extern(c, "memchr")
  package func memchr(
    _ bytes: UnsafeRawPointer, _ byte: Int32, _ count: Int
  ) -> UnsafeMutableRawPointer?

  /// How two runs of `count` bytes compare: zero where they are the same.
  @_extern(c, "memcmp")
  package func memcmp(
    _ first: UnsafeRawPointer, _ second: UnsafeRawPointer, _ count: Int
  ) -> Int32
#endif
