/// The names of a table's columns, and how a column is found by name.
///
/// A name is found as it is written, else without regard to case and surrounding space where that leaves one
/// choice.
package final class ColumnNames: Sendable {
  /// The names in order.
  package let names: [String]
  /// What the columns belong to, for messages: the path of a file.
  package let source: String
  private let places: [String: Int]
  private let loosePlaces: [String: [Int]]

  /// Names that tell columns apart: a blank one becomes `column_3`, and one written twice is refused.
  package init(_ names: [String], source: String) throws(BatchError) {
    let named = names.enumerated().map { $1.isBlank ? "column_\($0 + 1)" : $1 }
    var places: [String: Int] = [:]
    for (place, name) in named.enumerated() {
      if let first = places.updateValue(place, forKey: name.trimmed) {
        throw .duplicateColumn(name.trimmed, first + 1, place + 1, in: source)
      }
    }
    self.names = named
    self.source = source
    self.places = places
    loosePlaces = Dictionary(grouping: named.indices, by: { named[$0].folded })
  }

  /// The place of a column, or `nil` where there is none of that name.
  package func place(of name: String) -> Int? {
    if let place = places[name.trimmed] { return place }
    guard let loose = loosePlaces[name.folded], loose.count == 1 else { return nil }
    return loose[0]
  }

  /// The place of a column that must be there.
  package func requiredPlace(of name: String) throws(BatchError) -> Int {
    guard let place = place(of: name) else { throw .unknownColumn(name, among: names, in: source) }
    return place
  }
}

extension StringProtocol {
  /// The text without the space around it.
  package var trimmed: String {
    let start = drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
  }

  fileprivate var folded: String { trimmed.lowercased() }
  fileprivate var isBlank: Bool { allSatisfy(\.isWhitespace) }
}

extension BatchError {
  static func duplicateColumn(_ name: String, _ first: Int, _ second: Int, in source: String) -> Self {
    Self(
      .invalidTable,
      """
      Columns \(first) and \(second) of \(source) are both named “\(name.shortened(60))”; give one of them \
      another name.
      """)
  }

  static func unknownColumn(_ name: String, among names: [String], in source: String) -> Self {
    let few = names.prefix(20).map { $0.shortened(60) }
    let shown = few.joined(separator: ", ") + (names.count > 20 ? ", …" : "")
    let guess = nearestName(to: name, among: names).map { "; did you mean “\($0.shortened(60))”?" } ?? "."
    return Self(
      .invalidTemplate,
      "There is no column “\(name.shortened(60))” in \(source), whose columns are \(shown)\(guess)")
  }
}
