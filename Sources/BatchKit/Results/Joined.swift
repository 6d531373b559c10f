/// A row of the input, met by what became of its request.
public struct Joined<Row, Output: Sendable> {
  /// What became of the request.
  public enum Outcome {
    /// Its answer is of use.
    case succeeded(Output)
    /// Its answer is of no use, for this reason.
    case failed(LineError)
    /// No line answers it.
    case missing
  }

  /// The row of the input.
  public let row: Row
  /// What became of its request.
  public let outcome: Outcome
  /// The line of the results, where there is one.
  public let line: BatchLine<Output>?

  init(_ row: Row, _ line: BatchLine<Output>?) {
    self.row = row
    self.line = line
    switch line?.result {
    case .success(let value): outcome = .succeeded(value)
    case .failure(let error): outcome = .failed(error)
    case nil: outcome = .missing
    }
  }
}

extension Joined: Sendable where Row: Sendable {}
extension Joined.Outcome: Sendable {}

extension BatchResults {
  /// Every one of `rows`, in order, met by the answer whose id its property spells.
  public func joined<Row, ID: CustomStringConvertible>(
    to rows: some Sequence<Row>, by id: KeyPath<Row, ID>
  ) -> [Joined<Row, Output>] {
    joined(to: rows) { CustomID("\($0[keyPath: id])") }
  }

  /// Every one of `rows`, in order, met by the answer whose id the closure makes.
  public func joined<Row>(to rows: some Sequence<Row>, by id: (Row) -> CustomID) -> [Joined<Row, Output>] {
    rows.map { Joined($0, self[id($0)]) }
  }

  /// Every row of a table, in order, met by the answer whose id the template spells; read as it is asked for.
  ///
  /// - Parameters:
  ///   - table: the table that the batch was made of.
  ///   - id: the template that made the ids; `nil` where the numbers of the rows did.
  public func joined(to table: Table, by id: Template? = nil) -> JoinedTable<Output> {
    JoinedTable(results: self, table: table, id: id)
  }
}
