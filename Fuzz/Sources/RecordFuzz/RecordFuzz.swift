import Recording

/// Any bytes as the JSON of a record: what is read is written, and reads the same again; every line of it
/// can be printed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRecord(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let record = try? RunRecord(json: Array(UnsafeBufferPointer(start: start, count: count)))
  else { return 0 }
  guard let again = try? RunRecord(json: Array(record.json.utf8)) else {
    preconditionFailure("a written record is refused")
  }
  precondition(again == record, "a written record reads differently")
  _ = record.jsonLines
  for event in record.events { _ = record.causes(of: event) }
  return 0
}
