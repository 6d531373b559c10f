import BatchKit
import Foundation

/// Where the program says what it has to say: outcomes on standard output, all else on standard error.
package struct Console: Sendable {
  private let isJSON: Bool
  /// Whether nobody wants to hear anything on the way; in JSON, standard error holds a failure or nothing.
  let isQuiet: Bool
  let output = Terminal.standardOutput
  let error = Terminal.standardError

  init(_ arguments: Arguments) {
    isJSON = arguments.has("json")
    isQuiet = arguments.has("quiet") || isJSON
  }

  var paint: Paint { Paint(isOn: output.style.hasColor) }

  /// Says the outcome: in JSON where that was asked for, else in words.
  func tell(_ json: JSONValue, _ text: @autoclosure () -> String) throws {
    if isJSON { return try Self.print("\(json)\n") }
    try Self.print(text() + "\n")
  }

  /// Says the outcome on standard error, because the data itself goes to standard output.
  func tellAside(_ json: JSONValue, _ text: @autoclosure () -> String) {
    if isJSON { return error.show("\(json)\n") }
    if !isQuiet { error.show(readable(text()) + "\n") }
  }

  /// Says something on the way, unless nobody wants to hear it.
  func note(_ text: String) { if !isQuiet { error.show(readable(text) + "\n") } }

  /// Tells what is wrong with what was to be sent: an error in any case, a warning unless nobody wants it.
  ///
  /// Somebody who wants quiet still has to learn what to mend; who wants JSON finds it in the failure.
  func tell(_ problem: Problem) {
    guard problem.severity == .error else { return note(problem.description) }
    if !isJSON { error.show(readable(problem.description) + "\n") }
  }

  /// Says why the program ends; heard even by who wanted quiet.
  ///
  /// - Parameters:
  ///   - code: The kind of failure, in a word that stays the same from version to version.
  ///   - details: What else a script wants to know of it.
  func complain(_ text: String, code: String, _ details: JSONObject = [:]) {
    guard isJSON else { return error.show("batchkit: " + readable(text) + "\n") }
    var failure: JSONObject = ["code": .string(code), "message": .string(text)]
    for (key, value) in details.pairs { failure[key] = value }
    error.show("\(JSONValue.object(["error": .object(failure)]))\n")
  }

  private func readable(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).spelled }
    let whole = lines.joined(separator: "\n")
    return error.style.isUnicode ? whole : whole.asASCII
  }

  /// Writes to standard output; a full disk behind it is a failure like any other.
  static func print(_ text: String) throws { try print(Array(text.utf8)) }

  static func print(_ bytes: [UInt8]) throws {
    do { try FileHandle.standardOutput.write(contentsOf: Data(bytes)) } catch {
      throw BatchError(
        .unwritableFile,
        "Standard output takes no more; see whether the disk behind it is full, and run this again.",
        cause: error)
    }
  }
}

extension String {
  fileprivate var trimmedBlanks: String {
    var rest = self[...]
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}

/// Lines of words in columns.
struct Columns {
  private var rows: [[String]] = []

  mutating func add(_ cells: String...) { rows.append(cells) }

  /// The lines, each column as wide as its widest cell.
  var text: String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { index in
      rows.map { $0.indices.contains(index) ? $0[index].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { index, cell in
        index == row.count - 1 ? cell.spelled : cell.spelled.padding(to: widths[index])
      }
      return cells.joined(separator: "  ").trimmedBlanks
    }.joined(separator: "\n")
  }
}
