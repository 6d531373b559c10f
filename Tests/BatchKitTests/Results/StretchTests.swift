import BatchKit
import Testing

/// A table that is long enough to be walked in stretches: its rows as they stand in the file, and what stands
/// round them.
private struct Long: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var header = "id,title,text"
  var rows: [String]
  var newline = "\n"
  var start = ""
  var between = ""
  var end = "\n"
  var endsOpen = false
  /// Whether a stretch will seem to begin with a row where none begins.
  var misleads = false

  var file: String {
    let text = start + header + newline + rows.joined(separator: newline + between)
    return endsOpen ? text : text + newline
  }

  static let count = 2600
  static let filler = String(repeating: "words, which go on; ", count: 100)

  static let all = [
    Self(
      testDescription: "one line a row",
      rows: rows { "\($0),\"a, b\",plain \(filler.replacing(",", with: ""))" }),
    Self(
      testDescription: "cells of many lines",
      rows: rows { "\($0),\"one\ntwo \"\"three\"\",\n\",\"\(filler)\n4,\n\(filler.prefix(5))\"" }),
    Self(
      testDescription: "a cell of megabytes that reads like rows",
      rows: rows {
        $0 == 1300
          ? "1300,x,\"" + String(repeating: "\n77,looks,like a row", count: 150_000) + "\""
          : "\($0),y,\"\(filler)\""
      }, misleads: true),
    Self(
      testDescription: "lines that end in CR LF, with empty ones between",
      rows: rows { "\($0),t,\"\(filler)\r\n\"" }, newline: "\r\n", between: "\r\n\r\n"),
    Self(
      testDescription: "a mark in front and a row without an end",
      rows: rows { "\($0),t,\"\(filler)\"" }, start: "\u{FEFF}", endsOpen: true),
    Self(
      testDescription: "one column, whose text could be any row", header: "id",
      rows: rows {
        $0 == 5
          ? "\"" + String(repeating: "9\n", count: 2_000_000) + "\""
          : "\($0)"
      },
      misleads: true),
  ]

  private static func rows(_ row: (Int) -> String) -> [String] { (0..<count).map(row) }
}

@Suite(.serialized) struct `A long table is walked in stretches` {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func table(_ text: String) throws -> Table {
    try DiskStore.shared.write(text, to: scratch("in.csv"))
    return try Table(path: scratch("in.csv"))
  }

  private func answers(to ids: some Sequence<String>) throws -> BatchResults<Reply> {
    let lines = ids.map {
      #"{"custom_id":"r-\#($0)","response":{"status_code":200,"body":{"choices":[{"message":{"content":"to \#($0)"}}]}}}"#
    }
    try DiskStore.shared.write(lines.joined(separator: "\n"), to: scratch("output.jsonl"))
    return try BatchResults(contentsOf: scratch("output.jsonl"))
  }

  @Test(arguments: Long.all, [1, 3])
  fileprivate func `every row meets its answer, whatever a stretch seems to begin with`(
    long: Long, processors: Int
  ) throws {
    let table = try table(long.file)
    let stretches = try table.source.stretches()
    #expect(stretches.count > 1)
    #expect(zip(stretches, stretches.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    let answered = (0..<Long.count).filter { !$0.isMultiple(of: 3) }.map(String.init)
    let results = try answers(to: answered.shuffled())
    let summary = try results.joined(to: table, by: "r-{{id}}").write(
      to: scratch("out.csv"), columns: [.content], processors: processors, store: DiskStore.shared)
    let text = try DiskStore.shared.text(scratch("out.csv"))
    let known = Set(answered)
    let rows = long.rows.enumerated().map { row, line in
      line + "," + (known.contains("\(row)") && !line.hasPrefix("\"") ? "to \(row)" : "") + long.newline
    }
    let isWhole = text == long.start + long.header + ",content" + long.newline + rows.joined()
    #expect(isWhole)
    #expect(summary.succeeded + summary.missing == Long.count)
  }

  @Test(arguments: Long.all)
  fileprivate func `a stretch that begins or ends within a row is found out`(long: Long) throws {
    let table = try table(long.file)
    var count = 0
    var isFoundOut = false
    for stretch in try table.source.stretches() {
      do {
        var cursor = try table.source.rows(in: stretch)
        var row = Row(table.source.columns)
        while try cursor.next(into: &row) {
          if row.problem != nil { isFoundOut = true }
          count += 1
        }
      } catch { isFoundOut = true }
    }
    #expect(isFoundOut == long.misleads)
    if !long.misleads { #expect(count == Long.count) }
  }

  @Test func `a header longer than a stretch is found out, and read`() throws {
    let title = "\"" + String(repeating: "a\n", count: 1_500_000) + "\""
    let table = try table("id,\(title)\n7,x\n")
    #expect(try table.source.stretches().count == 1)
    #expect(throws: BatchError.self) { try table.source.rows(in: 0..<1_000_000) }
    try answers(to: ["7"]).joined(to: table, by: "r-{{id}}").write(
      to: scratch("out.csv"), columns: [.content])
    #expect(try DiskStore.shared.text(scratch("out.csv")).hasSuffix("\n7,x,to 7\n"))
  }

  @Test func `a row with a fault far behind the start is named by its number and line`() throws {
    var rows = Long.all[0].rows
    rows[2200] += ",one too many"
    let table = try table("id,title,text\n" + rows.joined(separator: "\n"))
    let joined = try answers(to: ["1"]).joined(to: table, by: "r-{{id}}")
    let error = #expect(throws: BatchError.self) {
      try joined.write(to: scratch("out.csv"), processors: 2, store: DiskStore.shared)
    }
    #expect(error?.message.contains("Row 2201 ") == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("line 2202") == true)
    #expect(try DiskStore.shared.status(of: scratch("out.csv")) == nil)
  }
}
