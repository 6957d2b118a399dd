internal import Text

/// Lower-case hex of `value` without a prefix, padded with zeros to `digits`.
///
/// Numbers are printed everywhere in this project, often before anything else runs; this needs no
/// Foundation and no locale.
package func hex(_ value: UInt64, digits: Int = 1) -> String {
  Hexadecimal.string(value, digits: digits)
}
