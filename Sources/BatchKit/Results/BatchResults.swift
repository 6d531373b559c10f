/// What came back: every answered request of a job, in order of submission, each decoded when it is asked
/// for.
///
/// The text stays in the downloaded files; only an index of them is in memory. Reading can't throw, so a
/// row that can't be read is a failed row; ``reconciliation`` proves that none is lost.
public struct BatchResults<Output: Sendable>: Sendable {
  let index: AnswerIndex
  /// Whether an answer is handed on as it came, so that decoding it can't fail.
  let isVerbatim: Bool
  let decode: @Sendable (Reply) throws(LineError) -> Output

  init(
    _ index: AnswerIndex, isVerbatim: Bool = false,
    decode: @escaping @Sendable (Reply) throws(LineError) -> Output
  ) {
    self.index = index
    self.isVerbatim = isVerbatim
    self.decode = decode
  }
}

extension BatchResults: RandomAccessCollection {
  /// The position of the first row.
  public var startIndex: Int { 0 }
  /// The position after the last row.
  public var endIndex: Int { index.entries.count }

  /// The row at this position, in order of submission.
  public subscript(_ position: Int) -> BatchLine<Output> {
    var reader = AnswerReader(index)
    return line(at: index.entries[position], &reader)
  }

  /// The row with this id, if the request was answered in any way.
  public subscript(_ id: CustomID) -> BatchLine<Output>? {
    guard let line = index.place(of: id).map({ self[$0] }) else { return nil }
    // A line that can't be read any more can't tell its id; its place is the one that was asked for.
    return line.id == id || line.error?.kind == .unreadable ? line : nil
  }

  /// Starts at the first row; rows that follow each other on disk are read together.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// A walk along the rows of a result set.
  public struct Iterator: IteratorProtocol {
    private let results: BatchResults
    private var rows: AnsweredRows

    init(_ results: BatchResults) {
      self.results = results
      rows = AnsweredRows(results.index)
    }

    /// Returns the next row, or `nil` after the last.
    public mutating func next() -> BatchLine<Output>? {
      guard let row = rows.next() else { return nil }
      return results.line(of: row)
    }

    /// Moves past rows that are answered, where that already says that they are of use.
    mutating func skipAnswered() {
      if results.isVerbatim { rows.skipAnswered() }
    }
  }

  func line(at entry: AnswerIndex.Entry, _ reader: inout AnswerReader) -> BatchLine<Output> {
    line(of: reader.row(at: entry))
  }

  func line(of row: AnsweredRow) -> BatchLine<Output> {
    BatchLine(id: row.id, result: outcome(of: row), reply: row.reply, status: row.status)
  }

  private func outcome(of row: AnsweredRow) -> Result<Output, LineError> {
    if let failure = row.failure { return .failure(failure) }
    guard let reply = row.reply else {
      return .failure(LineError(.empty, message: "The answer holds nothing."))
    }
    do throws(LineError) { return .success(try decode(reply)) } catch { return .failure(error) }
  }
}

extension BatchResults {
  /// The rows whose answer is of use, with what it became.
  public var succeeded: Succeeded<Output> { Succeeded(results: self) }

  /// The rows of no use, with the reason; requests without any answer are in ``missing``.
  public var failed: Failed<Output> { Failed(results: self) }

  /// The ids of requests that no line answers; empty where the requests are not known.
  public var missing: [CustomID] { named(index.missing ?? []) }

  /// Ids that more than one line of the same attempt answers.
  public var duplicates: [CustomID] { named(index.duplicates) }

  /// Ids of lines that answer nothing that was sent.
  public var strangers: [CustomID] { named(index.strangers) }

  /// The tokens that all rows used up together.
  public var usage: TokenUsage { reduce(into: TokenUsage()) { $0 += $1.usage ?? TokenUsage() } }

  /// The proof that nothing is lost, in numbers; by line, without decoding any answer.
  ///
  /// It costs nothing, and is all there is to know where answers are handed on as they came. Where they
  /// become values, ``decodedReconciliation`` tells how many of them do.
  public var reconciliation: Reconciliation {
    reconciliation(answered: index.entries.count { $0.state == .answered }, undecodable: 0)
  }

  /// The proof that nothing is lost, with every answer decoded: as ``succeeded`` and ``failed`` have it.
  ///
  /// ```swift
  /// print(verdicts.reconciliation)         // 50 submitted = 50 succeeded + 0 failed + 0 missing
  /// print(verdicts.decodedReconciliation)  // 50 submitted = 48 succeeded + 2 failed (2 undecodable) + 0
  /// missing
  /// ```
  ///
  /// Of a million answers that takes seconds.
  public var decodedReconciliation: Reconciliation {
    if isVerbatim { return reconciliation }
    let answered = succeeded.count
    let undecodable = index.entries.count { $0.state == .answered } - answered
    return reconciliation(answered: answered, undecodable: undecodable)
  }

  private func reconciliation(answered: Int, undecodable: Int) -> Reconciliation {
    Reconciliation(
      submitted: index.missing.map { index.entries.count + $0.count }, succeeded: answered,
      failed: index.entries.count - answered, undecodable: undecodable, missing: index.missing?.count ?? 0,
      duplicates: index.duplicates.count, superseded: index.superseded, strangers: index.strangers.count,
      nameless: index.nameless, shared: index.spared.shared, reused: index.spared.reused)
  }

  private func named(_ entries: [AnswerIndex.Entry]) -> [CustomID] {
    entries.map { entry in
      // A file that can't be read any more still has its row counted; only the name is then unknown.
      (try? index.id(of: entry)) ?? "line \(entry.line)"
    }
  }
}

/// The rows of a result set whose answer is of use, decoded one by one.
public struct Succeeded<Output: Sendable>: Sequence, Sendable {
  let results: BatchResults<Output>

  /// Starts at the first row that decodes.
  public func makeIterator() -> Iterator {
    Iterator(rows: AnsweredRows(results.index), decode: results.decode)
  }

  /// A walk along the rows whose answer is of use.
  public struct Iterator: IteratorProtocol {
    fileprivate var rows: AnsweredRows
    fileprivate let decode: @Sendable (Reply) throws(LineError) -> Output

    /// Returns the next row whose answer is of use, or `nil` after the last.
    public mutating func next() -> (id: CustomID, value: Output)? {
      while let row = rows.next() {
        // Why another answer is of no use is told by `failed`.
        if row.failure == nil, let reply = row.reply, let value = try? decode(reply) {
          return (row.id, value)
        }
      }
      return nil
    }
  }

  /// How many there are; every answer is decoded to tell.
  public var count: Int { reduce(0) { count, _ in count + 1 } }
}

/// The rows of a result set that are of no use, with the reasons.
public struct Failed<Output: Sendable>: Sequence, Sendable {
  let results: BatchResults<Output>

  /// Starts at the first row that is of no use.
  public func makeIterator() -> Iterator { Iterator(lines: results.makeIterator()) }

  /// A walk along the rows that are of no use.
  public struct Iterator: IteratorProtocol {
    fileprivate var lines: BatchResults<Output>.Iterator

    /// Returns the next row that is of no use, or `nil` after the last.
    public mutating func next() -> (id: CustomID, error: LineError)? {
      lines.skipAnswered()
      while let line = lines.next() {
        if let error = line.error { return (line.id, error) }
        lines.skipAnswered()
      }
      return nil
    }
  }

  /// How many there are; every answer is decoded to tell.
  public var count: Int { reduce(0) { count, _ in count + 1 } }
}
