// Measures BatchKit against its rivals on the same files. Without arguments it makes its own data, runs the
// rivals that are installed, and prints the ratios:
//
//   swift run -c release benchmarks [ROWS]
//   swift run -c release benchmarks results CSV OUTPUT ERRORS ENRICHED
import BatchKit
import Foundation

let usage = """
  usage: benchmarks [ROWS]
         benchmarks data ROWS FOLDER
         benchmarks build CSV OUT
         benchmarks results CSV OUTPUT ERRORS ENRICHED
         benchmarks parse STRUCTURED
         benchmarks open OUTPUT ERRORS
         benchmarks journal [FOLDER]
         benchmarks requests COUNT FILE
         benchmarks check FILE
         benchmarks scan FILE
         benchmarks tokens TEXTS
         benchmarks ids COUNT
  """

func fail(_ message: String, code: Int32) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(code)
}

/// Makes the data where the last run left it, or anew, and compares.
func compare(rows: Int) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "batchkit-benchmarks-\(rows)").path
  // Made by another process, since what one has ever taken counts for all that it starts.
  guard try Measured([CommandLine.arguments[0], "data", "\(rows)", folder]).isSuccess else {
    fail("The data can't be written to \(folder); see whether there is room.", code: 1)
  }
  try Comparison(SampleData(folder: folder, rows: rows), runs: 5).run()
}

let arguments = CommandLine.arguments.dropFirst().map { $0 }
do {
  switch (arguments.first, arguments.count) {
  case ("data", 3): try SampleData(folder: arguments[2], rows: Int(arguments[1]) ?? 50_000).make()
  case ("build", 3): try Contract.build(arguments[1], arguments[2])
  case ("results", 5): try Contract.results(arguments[1], arguments[2], arguments[3], arguments[4])
  case ("parse", 2): try Contract.parse(arguments[1])
  case ("open", 3): try Contract.open(arguments[1], arguments[2])
  case ("journal", 1), ("journal", 2): try JournalCost(in: arguments.dropFirst().first).compare()
  case ("requests", 3): try Checking.makeRequests(Int(arguments[1]) ?? 50_000, arguments[2])
  case ("check", 2): try Checking.check(arguments[1])
  case ("tokens", 2): try Checking.tokens(arguments[1])
  case ("ids", 2): try Checking.ids(Int(arguments[1]) ?? 10_000_000)
  case ("scan", 2): try Checking.scan(arguments[1])
  case (nil, _): try compare(rows: 50_000)
  case (let rows?, 1) where Int(rows) != nil: try compare(rows: Int(rows) ?? 50_000)
  default: fail(usage, code: 2)
  }
} catch {
  fail("\(error)", code: 1)
}
