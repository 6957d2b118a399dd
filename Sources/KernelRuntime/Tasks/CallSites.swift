/// Where, in one build, a function calls another: what `%pS` prints for the return address.
///
/// The model knows which functions call which; only the offsets, the parts that the compiler split
/// off (`.cold`) and the functions that it inlined or left by a jump are a build's own.
public struct CallSites: Hashable, Sendable {
  /// A return address as the kernel prints it.
  public struct Symbol: Hashable, Sendable, CustomStringConvertible {
    /// The symbol that holds the call.
    public var function: String
    /// Where in it the call returns to: `0x48`.
    public var offset: String
    /// The symbol's size: `0xe1`.
    public var size: String
    /// The return address itself, where a log of a kernel that prints it showed it.
    public var address: UInt64?

    /// Reads a return address as a kernel prints it; nil where the text is none.
    ///
    /// - Parameters:
    ///   - text: `0xce/0x2d0`, or with the symbol that holds the call, `mark_lock.cold+0x48/0xe1`; in
    ///     front of either may stand the address, as older kernels print it:
    ///     `[<ffffffff810b2c3d>] 0xce/0x2d0`.
    ///   - function: whose code it is where the text names no symbol.
    public init?(_ text: String, in function: String) {
      var text = text[...]
      if text.hasPrefix("[<") {
        let digits = text.dropFirst(2).prefix { $0 != ">" }
        text = text.dropFirst(2 + digits.count)
        address = UInt64(digits, radix: 16)
        guard address != nil, text.hasPrefix(">] ") else { return nil }
        text = text.dropFirst(3)
      }
      let parts = text.split(separator: "+", omittingEmptySubsequences: false)
      guard parts.count <= 2, let numbers = parts.last?.split(separator: "/"), numbers.count == 2,
        numbers.allSatisfy({ $0.hasPrefix("0x") && UInt64($0.dropFirst(2), radix: 16) != nil })
      else { return nil }
      self.function = parts.count == 2 ? String(parts[0]) : function
      offset = String(numbers[0])
      size = String(numbers[1])
      guard !self.function.isEmpty else { return nil }
    }

    /// A call whose place in this build nobody has seen printed.
    package init(unknownIn function: String) {
      self.function = function
      offset = "0x?"
      size = "0x?"
    }

    public var description: String { "\(function)+\(offset)/\(size)" }
  }

  private var symbols: [String: [String: Symbol]]
  /// Functions that leave no frame: inlined into their caller, or left by a jump (a tail call).
  public var frameless: Set<String>

  /// Call sites by caller and callee.
  public init(_ symbols: [String: [String: Symbol]] = [:], frameless: Set<String> = []) {
    self.symbols = symbols
    self.frameless = frameless
  }

  /// The return address in `caller` after its call of `callee`.
  ///
  /// A scenario may let a function take another variant of the same lock than the build has. The
  /// call then stands where the build's variant stands: a what-if changes what it is about, and no
  /// offset with it.
  public func symbol(of callee: String, in caller: String) -> Symbol {
    guard let known = symbols[caller] else { return Symbol(unknownIn: caller) }
    if let exact = known[callee] { return exact }
    let family = Self.lockFamily(callee)
    if let family,
      let sibling = known.keys.sorted().first(where: { Self.lockFamily($0) == family }),
      let symbol = known[sibling]
    {
      return symbol
    }
    guard let size = known.values.first(where: { $0.function == caller })?.size else {
      return Symbol(unknownIn: caller)
    }
    var symbol = Symbol(unknownIn: caller)
    symbol.size = size
    return symbol
  }

  /// Whether two functions are the same one, or variants of the same lock function.
  package static func isSamePlace(_ left: String?, _ right: String?) -> Bool {
    guard let left, let right else { return left == right }
    if left == right { return true }
    guard let family = lockFamily(left) else { return false }
    return family == lockFamily(right)
  }

  private static func lockFamily(_ function: String) -> String? {
    for family in ["_raw_spin_lock", "_raw_spin_unlock"] where function.hasPrefix(family) {
      return family
    }
    return nil
  }
}
