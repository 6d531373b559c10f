public import BatchKit

extension EmulatorScript {
  /// How a batch moves on.
  ///
  /// By time it moves with the clock, whether anybody asks or not; by polls only when it is retrieved, which
  /// suits a test that has no clock.
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
  ///
  /// The first two are the real service's; the last two are none unless a script sets them.
  package struct Limits: Sendable {
    package var requests = 50_000
    package var bytes = 200_000_000
    /// The prompt tokens that unfinished batches of one model may hold together.
    package var enqueuedTokens: Int?
    package var models: Set<String>?
  }

  /// What becomes true only later than it should.
  ///
  /// Real services are so under load, and a client that takes “not there” for an answer too soon pays twice.
  package struct Delays: Sendable {
    /// Between an upload and the moment at which a batch can be made of it.
    package var files: Duration = .zero
    /// Between a `create` that broke off and the moment at which the batch is there after all.
    package var creates: (duration: Duration, first: Int)?
  }

  /// How the list of batches differs from the truth.
  ///
  /// A client looks through the list for a batch whose create got no answer, so what is wrong with the list
  /// is what the search must come through.
  package struct Listing: Sendable {
    package var delay: Duration = .zero
    package var quirks: Set<ListingQuirk> = []
  }

  /// What may be wrong with the list of batches.
  ///
  /// A client that looks for a batch has to come through each of them.
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
  ///
  /// For tests without a clock: with 3, the third look at a batch finds it done.
  ///
  /// - Parameter polls: Which retrieval shows the end; at least the first.
  public func completing(after polls: Int) -> Self { with { $0.pace.polls = max(1, polls) } }

  /// Lets a batch take this long from its creation to its end.
  ///
  /// A tenth of it goes by in validation, the last tenth in finalizing; in between the requests are run,
  /// evenly.
  ///
  /// - Parameter duration: From creation to the end, in the time of the emulator's clock.
  public func taking(_ duration: Duration) -> Self {
    with {
      $0.pace.duration = max(.zero, duration)
      $0.pace.polls = nil
    }
  }

  /// Lets a cancel take this long.
  ///
  /// What was run before the cancel stays paid for and is delivered; the rest fails as cancelled.
  ///
  /// - Parameter duration: From the cancel to the end.
  public func cancelling(in duration: Duration) -> Self { with { $0.pace.cancelling = max(.zero, duration) } }

  /// Runs this share of a batch's requests, then nothing more until the window closes.
  ///
  /// What was run is delivered; the rest fails as expired. The window is a day, unless the batch goes by
  /// polls.
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
  ///
  /// Such a batch runs nothing and costs nothing.
  ///
  /// - Parameters:
  ///   - failure: The reason; its code and message are told, its status is not.
  ///   - count: How many batches fail before the rest pass.
  public func failingBatches(with failure: ScriptedFailure, first count: Int = .max) -> Self {
    with { $0.batchFailure = (failure, count) }
  }

  /// Takes at most so many requests and bytes in one file.
  ///
  /// A file with more bytes is refused when it is uploaded, one with more requests when its batch is checked.
  ///
  /// - Parameters:
  ///   - requests: The most requests of one file.
  ///   - bytes: The most bytes of one file.
  public func limiting(requests: Int = 50_000, bytes: Int = 200_000_000) -> Self {
    with {
      $0.limits.requests = requests
      $0.limits.bytes = bytes
    }
  }

  /// Takes at most so many prompt tokens of one model into unfinished batches at once.
  ///
  /// A batch beyond that fails its check; one that is made when others have ended passes, so a client must
  /// wait.
  ///
  /// - Parameter tokens: The most prompt tokens, counted roughly.
  public func enqueuing(atMost tokens: Int) -> Self { with { $0.limits.enqueuedTokens = tokens } }

  /// Knows these models only.
  ///
  /// A batch that asks any other fails its check, with each of the lines.
  ///
  /// - Parameter models: The models that are known.
  public func offering(_ models: Model...) -> Self {
    with { $0.limits.models = Set(models.map(\.rawValue)) }
  }
}

// MARK: Delays

extension EmulatorScript {
  /// Breaks the first `count` creates off without an answer and makes their batches later all the same.
  ///
  /// It is the hardest case for a client: nothing tells the create from one that never arrived, until the
  /// batch appears.
  ///
  /// - Parameters:
  ///   - duration: How long after the call the batch is there.
  ///   - count: How many creates are broken off.
  public func committingCreates(after duration: Duration, first count: Int = 1) -> Self {
    with { $0.delays.creates = (duration, count) }
  }

  /// Shows a batch in the list only so long after it was made.
  ///
  /// It can be retrieved by its id at once. Of a create without an answer the id isn't known.
  ///
  /// - Parameter duration: How long a batch is left out of the list.
  public func listing(after duration: Duration) -> Self { with { $0.listing.delay = duration } }

  /// Lists batches wrongly in these ways.
  /// - Parameter quirks: What is wrong, all of it at once.
  public func listing(_ quirks: ListingQuirk...) -> Self { with { $0.listing.quirks.formUnion(quirks) } }

  /// Denies that a file exists to whoever makes a batch of it sooner than this after its upload.
  /// - Parameter duration: How long a fresh file can't be made a batch of.
  public func findingFiles(after duration: Duration) -> Self { with { $0.delays.files = duration } }
}
