enum Timing {
  static func report() throws {}
}
