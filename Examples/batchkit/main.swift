// The command line of BatchKit: every step alone, and all of them in one.
//
//   swift run batchkit run reviews.csv prompt.json -o enriched.csv --offline
import Foundation

let work = Task { await Program.run(Array(CommandLine.arguments.dropFirst())) }
let interrupt = Interrupt { work.cancel() }
let code = await work.value
exit(code.rawValue)
