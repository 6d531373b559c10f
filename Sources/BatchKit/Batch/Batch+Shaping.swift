extension Batch {
  /// Returns a batch in which identical requests are sent, and paid, once, and all of their ids answered.
  ///
  /// ```swift
  /// let results = try await client.run(judging.collapsingDuplicates())
  /// results.reconciliation  // 1000 submitted = 1000 succeeded + …; besides: 640 share the answer of another
  /// ```
  /// Two requests are identical where every byte of their lines is, apart from the id. Of each such set the
  /// first is sent; its answer, or its failure, is that of all the others, and only the first has the tokens
  /// it used, so that sums stay true. The file that ``write(to:)`` makes still holds every request: it is
  /// sending that leaves them out.
  ///
  /// Leave it off where the same question is asked several times for the sake of several answers.
  public func collapsingDuplicates() -> Self {
    var batch = self
    batch.shape.collapses = true
    return batch
  }
}

/// In what other way than row by row the requests of a batch are sent.
struct BatchShape: Sendable, Hashable {
  /// Whether identical requests are sent once.
  var collapses = false

  /// Whether every row is sent as it stands, in the order in which it stands.
  var isPlain: Bool { self == BatchShape() }
}
