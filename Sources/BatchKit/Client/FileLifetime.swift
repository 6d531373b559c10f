/// How long a service is asked to keep the files of a job: the requests, and the answers.
///
/// What is uploaded often holds texts of other people, so nothing stays for ever by default: both kinds of
/// file go after 30 days. Answers are on the own disk, whole and synced, long before.
/// ```swift
/// let client = BatchClient(.openAI()).keepingFiles(for: .days(2))
/// let frugal = BatchClient(.openAI()).keepingFiles(for: .untilFetched)
/// ```
/// A service that can't be asked keeps files by its own rule; ``BatchClient/purge(_:)`` deletes them there.
public struct FileLifetime: Sendable, Hashable {
  /// The time, or `nil` where no end is asked for.
  package let duration: Duration?
  /// Whether files are deleted as soon as what came of them is here, rather than left to that time.
  package var endsWhenFetched = false

  /// So many days.
  ///
  /// OpenAI takes 1 to 30 days, and hours by ``after(_:)``; what is more or less becomes the nearest it
  /// takes.
  public static func days(_ count: Int) -> Self { after(.seconds(max(0, count) * 86_400)) }

  /// This time, counted from when each file is made.
  public static func after(_ duration: Duration) -> Self { Self(duration: duration) }

  /// Until the answers are here: as soon as a part is over and its answers are on this disk, whole, hashed
  /// and synced, its files at the service are deleted, requests and answers both.
  ///
  /// It is for jobs larger than what a project may store, and for texts that should lie nowhere longer than
  /// they must. From then on the answers are on this disk alone, and can't be fetched a second time.
  ///
  /// A file that can't be deleted holds up nothing: an event tells of it, a later
  /// ``BatchClient/purgePlan(olderThan:)`` lists it, and after 30 days it goes by itself. Batches that were
  /// made elsewhere keep their files.
  public static let untilFetched = Self(duration: .seconds(30 * 86_400), endsWhenFetched: true)

  /// No end of ours: the files stay as long as the service's own rule lets them.
  public static let never = Self(duration: nil)

  /// How long after its upload a file is surely there, so that a batch can be made of it.
  ///
  /// A month is OpenAI's own rule for files that nobody set an end for, and the most it takes; an hour is the
  /// least. Ten minutes less, since the create takes some time to get there.
  var safeAge: Duration {
    let month = Duration.seconds(30 * 86_400)
    return min(max(duration ?? month, .seconds(3600)), month) - .seconds(600)
  }
}

extension BatchClient {
  /// The same client, whose files stay at the service for this time: 30 days unless told otherwise.
  public func keepingFiles(for lifetime: FileLifetime) -> Self {
    var copy = self
    copy.lifetime = lifetime
    return copy
  }

  /// The same client, which uploads so many files of a job at once, and fetches half as many: four and two
  /// unless told otherwise.
  ///
  /// An upload streams from the disk and costs no memory to speak of. Of a download, what comes faster than
  /// the disk takes it stays in memory meanwhile. Batches are created one after the other all the same, since
  /// a create is what is paid for.
  public func transferring(atOnce count: Int) -> Self {
    var copy = self
    copy.transfers = max(1, count)
    return copy
  }
}
