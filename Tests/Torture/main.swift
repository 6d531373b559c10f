import BatchKit
import Foundation

let arguments = CommandLine.arguments.dropFirst().map { $0 }
switch arguments.first {
case "lines":
  let count = arguments.count > 1 ? Int(arguments[1]) ?? 1_000_000 : 1_000_000
  print("\(count) damaged lines read, \(try MutatedLines.run(count, seed: 7)) of them still answers")
default:
  print("usage: torture lines [COUNT]")
}
