import Glibc

/// The C library's sentence for an errno.
func systemMessage(_ code: Int32) -> String {
  if code == 0 { return "no cause given" }
  var buffer = [CChar](repeating: 0, count: 256)
  guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
  return buffer.withUnsafeBufferPointer { text in
    text.baseAddress.map { String(cString: $0) } ?? "error \(code)"
  }
}
