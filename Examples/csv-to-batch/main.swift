// Makes a request file for the Batch API out of a table and a request template.
//
//   swift run csv-to-batch reviews.csv prompt.json requests.jsonl --id review_id
//
// prompt.json is the body of a request, or a whole line of a request file, with {{column}} in any text:
//
//   {"model": "gpt-5.4-mini", "messages": [{"role": "user", "content": "Rate this review: {{text}}"}]}

import BatchKit
import Foundation

let usage = """
  usage: csv-to-batch TABLE TEMPLATE.json REQUESTS.jsonl [--id COLUMN] [--force]

    TABLE            a .csv, .tsv, .xlsx, .json or .jsonl file; the first row of a sheet names its columns
    TEMPLATE.json    a request body, or a whole line, with {{column}} in any of its texts
    REQUESTS.jsonl   the file to write, ready to be uploaded
    --id COLUMN      the column that names each request; without it, the template or the row number does
    --force          replace REQUESTS.jsonl where it is there already
  """

/// Ends the program, with a word to standard error.
func leave(_ status: Int32, _ message: String) -> Never {
  FileHandle.standardError.write(Data("\(message)\n".utf8))
  exit(status)
}

/// The exit status that tells what kind of failure it was: 1 the input is wrong, 4 a file is out of reach.
func status(of error: any Error) -> Int32 {
  switch (error as? BatchError)?.code {
  case .unreadableFile, .unwritableFile: 4
  default: 1
  }
}

var arguments = Array(CommandLine.arguments.dropFirst())
if arguments.contains("--help") || arguments.contains("-h") {
  print(usage)
  exit(0)
}

var idColumn: String?
if let option = arguments.firstIndex(of: "--id") {
  guard arguments.indices.contains(option + 1) else {
    leave(2, "--id needs the name of a column.\n\n\(usage)")
  }
  idColumn = arguments[option + 1]
  arguments.removeSubrange(option...(option + 1))
}
let isForced = arguments.contains("--force")
arguments.removeAll { $0 == "--force" }
if let option = arguments.first(where: { $0.hasPrefix("-") && $0 != "-" }) {
  leave(2, "There is no option \(option).\n\n\(usage)")
}
guard arguments.count == 3 else { leave(2, "Three files are needed, not \(arguments.count).\n\n\(usage)") }
guard !arguments.dropLast().contains(arguments[2]) else {
  leave(2, "\(arguments[2]) is read here, so it can't be written over; choose another name.")
}
if !isForced, !arguments[2].hasPrefix("/dev/"), FileManager.default.fileExists(atPath: arguments[2]) {
  leave(4, "\(arguments[2]) is there already and was left as it is; choose another name, or add --force.")
}

do {
  let rows = try Table(path: arguments[0])
  let request = try RequestTemplate(path: arguments[1])
  var batch = Batch(request)
  batch.add(contentsOf: rows, id: idColumn.map { Template(column: $0) })

  let problems = batch.problems()
  for problem in problems.prefix(20) { FileHandle.standardError.write(Data("\(problem)\n".utf8)) }
  guard !problems.contains(where: { $0.severity == .error }) else {
    leave(1, "\(arguments[2]) was not written; mend what is listed above.")
  }
  try batch.write(to: arguments[2])
  print("\(arguments[2]): \(try batch.count) requests for \(batch.endpoint)")
} catch {
  leave(status(of: error), "\(error)")
}
