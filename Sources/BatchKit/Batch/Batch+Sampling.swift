extension Batch {
  /// Returns a batch of some of the requests, drawn at random and each at most once.
  ///
  /// A pilot of twenty rows from all over the table says more than the first twenty do:
  /// ```swift
  /// let pilot = try await client.run(judging.sample(20, seed: 7))
  /// ```
  /// The same seed draws the same requests from the same batch, on any machine. They keep their ids and the
  /// order of the batch, so the answers join to the same table. Nothing is read before the sample is; then
  /// the whole batch is gone through once, with only the sample in memory. A batch with fewer requests is
  /// its own sample. Where a row is asked several things, requests are drawn and not rows.
  ///
  /// - Parameters:
  ///   - count: How many requests at most.
  ///   - seed: Which sample it is; another number draws another.
  public func sample(_ count: Int, seed: UInt64) -> Self {
    var sampled = self
    sampled.groups = [.source(SampleSource(groups: groups, size: max(0, count), seed: seed))]
    return sampled
  }
}

/// Some requests of a batch, drawn anew, and the same, each time they are gone through.
private struct SampleSource<Request: BatchRequest>: RequestSource {
  let groups: [RequestGroup<Request>]
  let size: Int
  let seed: UInt64

  func count() throws -> Int { min(size, try groups.reduce(0) { try $0 + $1.count() }) }

  func walk(_ request: Request, _ visit: (RenderedStep) throws -> Void) throws {
    var reservoir = Reservoir<RenderedStep>(size: size, seed: seed)
    for group in groups {
      try group.walk(request) { step in
        // What is wrong with the source as a whole is wrong with any sample of it.
        if case .problem(let problem) = step, problem.id == nil, problem.place == nil {
          try visit(step)
        } else {
          reservoir.offer(step)
        }
      }
    }
    let drawn = reservoir.inOrder
    for problem in faults(among: drawn) { try visit(.problem(problem)) }
    for step in drawn { try visit(step) }
  }

  /// What is wrong with the settings that drawn requests have of their own.
  private func faults(among drawn: [RenderedStep]) -> [Problem] {
    let faults = groups.flatMap(\.problems)
    guard !faults.isEmpty else { return [] }
    let ids = Set(drawn.compactMap { if case .line(let line) = $0 { line.id } else { nil } })
    return faults.filter { $0.id.map(ids.contains) ?? true }
  }
}

/// A fair draw from things that come one by one, in unknown number.
///
/// The first fill the reservoir; each later one takes the place of one of them with just the odds that leave
/// all equally likely to be in it at the end.
///
/// One walk is enough, and memory for the sample alone: a table tells how many rows it has only at its end.
/// Numbers come from our own generator, so that the draw is the same on every machine.
package struct Reservoir<Element> {
  private var kept: [(number: Int, element: Element)] = []
  /// How many things came by so far.
  private var seen = 0
  private let size: Int
  private var dice: SplitMix

  package init(size: Int, seed: UInt64) {
    self.size = size
    dice = SplitMix(seed: seed)
  }

  /// Takes the next thing, or lets it pass.
  package mutating func offer(_ element: Element) {
    seen += 1
    if kept.count < size {
      kept.append((seen, element))
    } else if size > 0 {
      let place = dice.below(seen)
      if place < size { kept[place] = (seen, element) }
    }
  }

  /// What was drawn, in the order in which it came.
  package var inOrder: [Element] { kept.sorted { $0.number < $1.number }.map(\.element) }
}
