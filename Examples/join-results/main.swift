// Puts downloaded results beside the rows they answer. No network, no key:
//
//   swift run join-results reviews.csv results.jsonl [errors.jsonl] enriched.csv [--id COLUMN]

import BatchKit
import Foundation

let usage = """
  usage: join-results DATA RESULTS.jsonl [ERRORS.jsonl] ENRICHED.csv [--id COLUMN | --id-template TEMPLATE]

  DATA is the table the batch was made of (.csv, .tsv, .xlsx, .json or .jsonl). Each row is found again by the id it was sent
  under: the text of COLUMN, or TEMPLATE filled from the row, such as 'review-{{id}}'. Without either it is
  request-000001 for the first row, and so on.
  """

func fail(_ message: String, code: Int32) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(code)
}

var files: [String] = []
var id: Template?
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  switch argument {
  case "--help", "-h":
    print(usage)
    exit(0)
  case "--id", "--id-template":
    guard let text = arguments.popFirst() else { fail("\(argument) needs a value.\n\(usage)", code: 2) }
    id = argument == "--id" ? Template(column: text) : Template(text)
  case _ where argument.hasPrefix("-") && argument != "-":
    fail("There is no option \(argument).\n\(usage)", code: 2)
  default: files.append(argument)
  }
}
guard (3...4).contains(files.count) else {
  fail("Three or four files are needed, not \(files.count).\n\n\(usage)", code: 2)
}
guard let enriched = files.last, !files.dropLast().contains(enriched) else {
  fail("\(files.last ?? "") is read here, so it can't be written over; choose another name.", code: 2)
}

do {
  let table = try Table(path: files[0])
  let results = try BatchResults(contentsOf: files[1], errors: files.count == 4 ? files[2] : nil)
  guard let answer = results.first else {
    fail("\(files[1]) holds no answer: none of its lines is JSON with a “custom_id”.", code: 4)
  }
  let joined = results.joined(to: table, by: id)
  // A row that can't be read is told by the writing.
  guard joined.contains(where: { $0.line != nil || $0.row.problem != nil }) else {
    fail(
      "No row has an id such as “\(answer.id)”; give the --id-template the requests were made with.", code: 1)
  }
  let rows = try joined.write(to: enriched)
  print(rows)
  print("wrote \(enriched)")
  exit(rows.succeeded == rows.rows ? 0 : 1)
} catch let error as BatchError where error.code == .unsupported {
  fail("\(error)", code: 2)
} catch {
  fail("\(error)", code: 4)
}
