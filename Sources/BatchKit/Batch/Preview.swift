/// The first requests of a batch, each beside the row it came from, to be looked at before anything is paid.
///
/// ```swift
/// print(try batch.preview(rows: 3))
/// ```
///
/// It shows what templates make of real rows, and reads no more of a table than it shows.
public struct BatchPreview: Sendable {
  /// One request and its row.
  public struct Sample: Sendable {
    /// The id of the request.
    public let id: CustomID
    /// Where it came from, such as `row 17 of reviews.csv`.
    public let place: String?
    /// The cells of its row, with the names of their columns.
    ///
    /// They are empty where it came from no table, and where several requests are made of a row or several
    /// rows go into one.
    public let cells: [(column: String, text: String)]
    /// The whole line of the request file.
    public let request: JSONValue
  }

  /// The requests in order.
  public let samples: [Sample]
}

extension Batch {
  /// Returns what the first requests look like, each beside its row.
  ///
  /// - Throws: ``BatchError`` where one of them can't be written, with the reason.
  ///
  /// - Parameter rows: How many requests are shown at most.
  public func preview(rows: Int = 3) throws -> BatchPreview {
    var samples: [BatchPreview.Sample] = []
    do { try gather(rows, into: &samples) } catch is EnoughSeen {
      return BatchPreview(samples: samples)
    }
    return BatchPreview(samples: samples)
  }

  /// A source is walked to its end unless something is thrown, and nobody wants to wait for a million rows.
  private func gather(_ rows: Int, into samples: inout [BatchPreview.Sample]) throws {
    for group in groups where samples.count < rows {
      var table = group.table?.makeIterator()
      try group.walk(request) { step in
        let row = table?.next()
        if samples.count == rows { throw EnoughSeen() }
        samples.append(try Self.sample(step, row))
      }
    }
  }

  /// A request with the cells beside it; one that can't be written is the reason that the preview fails.
  private static func sample(_ step: RenderedStep, _ row: Row?) throws -> BatchPreview.Sample {
    switch step {
    case .problem(let problem): throw BatchError.invalidBatch([problem], of: 1)
    case .line(let line):
      let cells = row.map { row in row.columns.map { (column: $0, text: row[$0]) } } ?? []
      return BatchPreview.Sample(
        id: line.id, place: line.place, cells: cells, request: try JSONValue(parsing: line.bytes))
    }
  }
}

/// Ends a walk that has shown all it was asked for.
private struct EnoughSeen: Error {}

extension RequestGroup {
  /// The table that the requests are made of, row by row, where there is one.
  fileprivate var table: Table? {
    guard case .source(let source) = self else { return nil }
    return (source as? RowSource<Request>)?.table
  }
}
