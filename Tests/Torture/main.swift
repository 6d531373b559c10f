import BatchKit
import Foundation

let words = CommandLine.arguments.dropFirst()
switch words.first {
case "emulator": exit(try serveEmulator(words.dropFirst()))
default:
  print("usage: torture emulator")
  exit(2)
}
