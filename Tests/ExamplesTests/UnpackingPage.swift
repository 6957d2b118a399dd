import Unpacking

func unpacking() throws {
  let packed: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7,
    0x02, 0x00, 0x20, 0x30, 0x3a, 0x36, 0x06, 0x00, 0x00, 0x00,
  ]
  var unpacker = Unpacker(path: "log.gz")
  func show(_ piece: UnpackedPiece) {
    switch piece {
    case .begin(let path): print("begins", path)
    case .bytes(let bytes): print(String(decoding: bytes, as: UTF8.self), terminator: "")
    case .end: print("ends")
    case .failure(let path, let failure): print(path, failure)
    }
  }
  packed.withUnsafeBytes { unpacker.take($0, show) }
  unpacker.finish(show)
}
