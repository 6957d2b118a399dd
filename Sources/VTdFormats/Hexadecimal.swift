/// Lower-case hex of `value` without a prefix, padded with zeros to `digits`.
///
/// Numbers are printed everywhere in this project, often before anything else runs; this needs no
/// Foundation and no locale.
package func hex(_ value: UInt64, digits: Int = 1) -> String {
  let text = String(value, radix: 16)
  return text.utf8.count >= digits
    ? text : String(repeating: "0", count: digits - text.utf8.count) + text
}
