extension Batch {
  /// Returns a batch in which identical requests are sent, and paid, once, and all of their ids answered.
  ///
  /// ```swift
  /// let results = try await client.run(judging.collapsingDuplicates()) results.reconciliation  // 1000
  /// submitted = 1000 succeeded + …; besides: 640 share the request of another
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

extension Batch {
  /// Returns a batch whose requests are sent in another order: those that begin alike stand together.
  ///
  /// Services read the beginning that a request has in common with one just before it at a lower price, out
  /// of a cache that forgets within minutes. In a table whose rows ask about a hundred documents in turn,
  /// sending all questions about one document behind one another gives that cache its chance:
  /// ```swift
  /// let results = try await client.run(asking.sharedPrefixFirst())
  /// results.usage.cached  // how many tokens came out of the cache
  /// ```
  /// What counts as the beginning is the model, the instructions, the tools, the schema and every message but
  /// the last, so put what is shared into the instructions or the first messages. The groups are sent in the
  /// order of their first rows. Only the order of sending changes: results, joins and ids are in the order of
  /// the batch, as ever. No service promises the saving; see what came of it in the usage.
  public func sharedPrefixFirst() -> Self {
    var batch = self
    batch.shape.ordersByPrefix = true
    return batch
  }
}

/// In what other way than row by row the requests of a batch are sent.
struct BatchShape: Sendable, Hashable {
  /// Whether identical requests are sent once.
  var collapses = false
  /// Whether requests that begin alike are sent together.
  var ordersByPrefix = false
  /// How many rows go together into one request, where several may.
  var rowsPerRequest: Int?

  /// Whether every row is sent as it stands, in the order in which it stands.
  var isPlain: Bool { self == BatchShape() }
}
