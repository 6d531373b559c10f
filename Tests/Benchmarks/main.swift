// Measures BatchKit against its rivals on the same files. Without arguments it makes its own data, runs the rivals
// that are installed, and prints the ratios:
//
//   swift run -c release benchmarks
//   swift run -c release benchmarks results CSV OUTPUT ERRORS ENRICHED
import BatchKit
import Foundation

let usage = """
  usage: benchmarks
         benchmarks build CSV OUT
         benchmarks results CSV OUTPUT ERRORS ENRICHED
         benchmarks parse STRUCTURED
         benchmarks open OUTPUT ERRORS
  """

func fail(_ message: String, code: Int32) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(code)
}

let arguments = CommandLine.arguments.dropFirst().map { $0 }
do {
  switch (arguments.first, arguments.count) {
  case ("build", 3): try Contract.build(arguments[1], arguments[2])
  case ("results", 5): try Contract.results(arguments[1], arguments[2], arguments[3], arguments[4])
  case ("parse", 2): try Contract.parse(arguments[1])
  case ("open", 3): try Contract.open(arguments[1], arguments[2])
  default: fail(usage, code: 2)
  }
} catch {
  fail("\(error)", code: 1)
}
