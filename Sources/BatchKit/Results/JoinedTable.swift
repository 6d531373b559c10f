/// The rows of a table, each met by its answer, read one by one as they are asked for.
///
/// Walk it, or write it: `try results.joined(to: reviews, by: "review-{{id}}").write(to: "enriched.csv")`.
public struct JoinedTable<Output: Sendable>: Sequence, Sendable {
  let results: BatchResults<Output>
  let table: Table
  /// What spells the id of a row; where there is none, the row's number does.
  let id: Template?

  /// Starts at the first row of the table, read anew.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// A walk along the joined rows.
  ///
  /// It can't throw, so where the template names a column that is not there, every row fails with that
  /// sentence.
  public struct Iterator: IteratorProtocol {
    private let results: BatchResults<Output>
    private let template: Result<BoundTemplate?, BatchError>
    private var rows: Table.Iterator

    init(_ joined: JoinedTable) {
      results = joined.results
      rows = joined.table.makeIterator()
      do throws(BatchError) {
        template = .success(try joined.id?.bound(to: joined.table.source.columns))
      } catch { template = .failure(error) }
    }

    /// Returns the next row with its answer, or `nil` after the last.
    public mutating func next() -> Joined<Row, Output>? {
      guard let row = rows.next() else { return nil }
      switch template {
      case .success(let template):
        let id = template.map { CustomID($0.text(from: row.fields)) } ?? .numbered(row.number, digits: 6)
        return Joined(row, results[id])
      case .failure(let error):
        let failure = LineError(.unreadable, message: error.message, isWorthRetrying: false)
        return Joined(row, BatchLine(id: "", result: .failure(failure), reply: nil, status: nil))
      }
    }
  }
}
