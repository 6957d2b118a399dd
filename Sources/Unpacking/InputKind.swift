/// What kind of file an input is that is not a log, recognised by its first bytes.
public struct InputKind: Sendable {
  /// What the file is, with its article: `a PNG picture`.
  public let name: String
  /// How to get a log out of such a file; empty where it cannot hold one.
  public let advice: String

  private struct Row {
    var magic: [UInt8]
    var offset = 0
    var name: String
    var advice = ""
  }

  /// Returns nil where the first bytes match no known kind.
  public init?(head: some Collection<UInt8>) {
    let head = Array(head.prefix(1024))
    guard
      let row = Self.rows.first(where: { row in
        head.count > row.offset && head[row.offset...].starts(with: row.magic)
      })
    else { return nil }
    (name, advice) = (row.name, row.advice)
  }

  /// Longer signatures first where one begins like another.
  private static let rows: [Row] = [
    Row(
      magic: Array("LPKSHHRH".utf8), name: "a journal of systemd as it lies on disk",
      advice: "journalctl --file FILE -k -o short-monotonic | dmar explain"),
    Row(
      magic: Array("ElfFile".utf8) + [0], name: "an event log of Windows (.evtx)",
      advice: "wevtutil qe FILE /lf:true /f:text > LOG"),
    Row(
      magic: Array("KDUMP   ".utf8), name: "a compressed memory image of kdump",
      advice: "crash --minimal VMLINUX FILE, then log; or makedumpfile --dump-dmesg FILE LOG"),
    Row(
      magic: Array("makedumpfile".utf8), name: "a flattened memory image of makedumpfile",
      advice: "makedumpfile -R IMAGE < FILE, then makedumpfile --dump-dmesg IMAGE LOG"),
    Row(
      magic: [0x7f, 0x45, 0x4c, 0x46], name: "an ELF file: a program or a memory image",
      advice: "of a memory image: makedumpfile --dump-dmesg FILE LOG"),
    Row(
      magic: Array("00000000: ".utf8), name: "a dump of a file's bytes (xxd)",
      advice: "xxd -r FILE | dmar explain"),
    Row(
      magic: Array("00000000  ".utf8), name: "a dump of a file's bytes (hexdump -C)",
      advice: "cut -c11-58 FILE | xxd -r -p | dmar explain"),
    Row(magic: Array("0000000 ".utf8), name: "a dump of a file's bytes (od)"),
    Row(magic: Array("EMiL".utf8), name: "a memory image of LiME"),
    Row(magic: Array("QEVM".utf8), name: "a saved machine of QEMU"),
    Row(magic: Array("AVML".utf8), name: "a memory image of AVML"),
    Row(
      magic: [0x17, 0x08, 0x44] + Array("tracing".utf8), name: "a recording of trace-cmd",
      advice: "trace-cmd report FILE"),
    Row(magic: Array("PERFILE2".utf8), name: "a recording of perf", advice: "perf script -i FILE"),
    Row(
      magic: [0x02, 0x21, 0x4c, 0x18], name: "lz4 data in the frame of its first version",
      advice: "lz4 -dc FILE | dmar explain"),
    Row(
      magic: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], name: "a 7-Zip archive", advice: "7z x FILE"),
    Row(magic: Array("Rar!".utf8), name: "a RAR archive", advice: "unrar x FILE"),
    Row(magic: Array("LZIP".utf8), name: "lzip data", advice: "lzip -dc FILE | dmar explain"),
    Row(
      magic: [0x89, 0x4c, 0x5a, 0x4f, 0x00], name: "lzop data",
      advice: "lzop -dc FILE | dmar explain"),
    Row(
      magic: [0x5d, 0x00, 0x00], name: "data of LZMA's first format",
      advice: "xz --format=lzma -dc FILE | dmar explain"),
    Row(magic: [0x1f, 0x9d], name: "data of compress", advice: "gzip -dc FILE | dmar explain"),
    Row(magic: Array("070701".utf8), name: "a cpio archive", advice: "cpio -id < FILE"),
    Row(magic: Array("!<arch>".utf8), name: "an ar archive or a Debian package"),
    Row(magic: [0xed, 0xab, 0xee, 0xdb], name: "an RPM package"),
    Row(
      magic: [0x89, 0x50, 0x4e, 0x47], name: "a PNG picture",
      advice: "type the lines off; slips are mended"),
    Row(
      magic: [0xff, 0xd8, 0xff], name: "a JPEG picture",
      advice: "type the lines off; slips are mended"),
    Row(magic: Array("GIF8".utf8), name: "a GIF picture"),
    Row(magic: Array("RIFF".utf8), name: "a RIFF file: a picture, a sound or a film"),
    Row(
      magic: Array("ftyp".utf8), offset: 4, name: "a film or a HEIC picture",
      advice: "type the lines off; slips are mended"),
    Row(magic: Array("%PDF-".utf8), name: "a PDF document", advice: "pdftotext FILE -"),
    Row(magic: Array("SQLite format 3".utf8), name: "a database of SQLite"),
    Row(magic: [0xd0, 0xcf, 0x11, 0xe0], name: "an old Office document or an Outlook message"),
    Row(magic: [0xd4, 0xc3, 0xb2, 0xa1], name: "captured network packets"),
    Row(magic: [0x0a, 0x0d, 0x0d, 0x0a], name: "captured network packets"),
    Row(magic: Array("QFI".utf8) + [0xfb], name: "a disk of QEMU (qcow2)"),
  ]
}
