public import BatchKit

extension EmulatorScript {
  /// How a batch moves on.
  package struct Pace: Sendable {
    /// From creation to the end, where it goes by time.
    package var duration: Duration = .seconds(30)
    /// The retrieval that shows the end, where it goes by polls.
    package var polls: Int?
    /// The share of the requests at which the batch gets stuck until its window closes.
    package var stuckAt: Double?
    /// Which batches get stuck: of the first so many, in order of their creation, each so-many-th.
    package var stuck = (first: Int.max, every: 1)
    /// From a cancel to the end.
    package var cancelling: Duration = .seconds(5)

    /// The share at which the batch of this number, counted from 1, gets stuck; `nil` for one that doesn't.
    func stuckAt(batch number: Int) -> Double? {
      number <= stuck.first && number.isMultiple(of: stuck.every) ? stuckAt : nil
    }
  }

  /// What the service takes, and no more.
  package struct Limits: Sendable {
    package var requests = 50_000
    package var bytes = 200_000_000
    package var enqueuedTokens: Int?
    package var models: Set<String>?
  }

  /// What becomes true only later than it should.
  package struct Delays: Sendable {
    /// Between an upload and the moment at which a batch can be made of it.
    package var files: Duration = .zero
    /// Between a `create` that broke off and the moment at which the batch is there after all.
    package var creates: (duration: Duration, first: Int)?
  }

  /// How the list of batches differs from the truth.
  package struct Listing: Sendable {
    package var delay: Duration = .zero
    package var quirks: Set<ListingQuirk> = []
  }

  /// What may be wrong with the list of batches.
  public enum ListingQuirk: Sendable, Hashable, CaseIterable {
    /// The order is another one on every page.
    case outOfOrder
    /// Every page begins with the last batch of the one before.
    case overlapping
    /// `after` and `limit` are ignored: every page is the whole list, and says that more follows.
    case ignoringTheCursor
    /// Every batch is shown as it was when it was made.
    case stale
  }
}

// MARK: Time

extension EmulatorScript {
  /// Ends every batch at its `polls`th retrieval, however little time has passed.
  public func completing(after polls: Int) -> Self { with { $0.pace.polls = max(1, polls) } }

  /// Lets a batch take this long from its creation to its end.
  public func taking(_ duration: Duration) -> Self {
    with {
      $0.pace.duration = max(.zero, duration)
      $0.pace.polls = nil
    }
  }

  /// Lets a cancel take this long.
  public func cancelling(in duration: Duration) -> Self { with { $0.pace.cancelling = max(.zero, duration) } }

  /// Runs this share of a batch's requests, then nothing more until the window closes.
  ///
  /// - Parameters:
  ///   - done: The share, from 0 to 1.
  ///   - count: How many batches may come to this, counted in the order of their creation; all if not told.
  ///   - interval: Which of them do: every one, every second, and so on.
  public func expiring(after done: Double, first count: Int = .max, every interval: Int = 1) -> Self {
    with {
      $0.pace.stuckAt = min(1, max(0, done))
      $0.pace.stuck = (count, max(1, interval))
    }
  }
}

// MARK: Refusals

extension EmulatorScript {
  /// Lets the first batches, or all of them, fail validation for this reason.
  public func failingBatches(with failure: ScriptedFailure, first count: Int = .max) -> Self {
    with { $0.batchFailure = (failure, count) }
  }

  /// Takes at most so many requests and bytes in one file.
  public func limiting(requests: Int = 50_000, bytes: Int = 200_000_000) -> Self {
    with {
      $0.limits.requests = requests
      $0.limits.bytes = bytes
    }
  }

  /// Takes at most so many prompt tokens of one model into unfinished batches at once.
  public func enqueuing(atMost tokens: Int) -> Self { with { $0.limits.enqueuedTokens = tokens } }

  /// Knows these models only.
  public func offering(_ models: Model...) -> Self {
    with { $0.limits.models = Set(models.map(\.rawValue)) }
  }
}

// MARK: Delays

extension EmulatorScript {
  /// Breaks the first `count` creates off without an answer and makes their batches later all the same.
  public func committingCreates(after duration: Duration, first count: Int = 1) -> Self {
    with { $0.delays.creates = (duration, count) }
  }

  /// Shows a batch in the list only so long after it was made.
  public func listing(after duration: Duration) -> Self { with { $0.listing.delay = duration } }

  /// Lists batches wrongly in these ways.
  public func listing(_ quirks: ListingQuirk...) -> Self { with { $0.listing.quirks.formUnion(quirks) } }

  /// Denies that a file exists to whoever makes a batch of it sooner than this after its upload.
  public func findingFiles(after duration: Duration) -> Self { with { $0.delays.files = duration } }
}
