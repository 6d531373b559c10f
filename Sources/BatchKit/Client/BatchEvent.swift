public import Foundation

/// Something that happened to a job while this process worked on it.
///
/// Events are for people and logs: they tell of steps, not of contents, and hold no prompt, answer or key.
/// What is true of a job is in its ``BatchJob/status``; an event that nobody heard changes nothing.
/// ```swift
/// let observer = BatchObserver.calling { event in print(event.date, event) }
/// let client = BatchClient(.openAI(), observer: observer)
/// ```
public struct BatchEvent: Sendable {
  /// When it happened.
  public let date: Date
  /// The job it happened to.
  public let job: String
  /// The job's name, where it has one.
  public let name: String?
  /// What happened.
  public let kind: Kind

  /// What can happen to a job; new cases may appear, so a `switch` over them needs a `default`.
  public enum Kind: Sendable {
    /// Of so many rows only some have to be sent: others share an answer, or have one from an earlier job.
    ///
    /// It comes before `prepared`, of batches that are not sent row by row and of those that reuse answers.
    case spared(rows: Int, shared: Int, reused: Int)
    /// The requests are on disk, in so many parts.
    case prepared(requests: Int, parts: Int)
    /// The job was found unfinished and is taken up again.
    case resumed
    /// So much of a part, in bytes with what is wrapped around it, is on its way; told of large parts only.
    case uploading(part: Int, sent: Int, total: Int)
    /// A part is uploaded.
    case uploaded(part: Int, bytes: Int)
    /// A part's remote batch was created.
    case created(part: Int, batch: String)
    /// A remote batch that an earlier, unanswered create had made was found.
    case adopted(part: Int, batch: String)
    /// A batch that an earlier, given-up create had left behind was found and cancelled.
    ///
    /// It is the one way in which something can be paid for that nobody wants; it is told so that it can be
    /// accounted for.
    case ghostCancelled(batch: String)
    /// Nothing can be done for a while, for the reason given.
    case waiting(reason: String, duration: Duration)
    /// The service was asked, whether or not it told anything new.
    case progressed(BatchStatus)
    /// The service could not be asked; the wait goes on.
    case troubled(reason: String)
    /// A result file is on disk, whole.
    case collected(part: Int, kind: ResultFile.Kind, bytes: Int)
    /// All there is has been fetched.
    case settled(BatchStatus)
  }
}

extension BatchEvent: CustomStringConvertible {
  /// What people are shown of it.
  public var description: String {
    switch kind {
    case .spared(let rows, let shared, let reused):
      "of \(rows) rows \(rows - shared - reused) have to be sent: \(shared) share the request of another, "
        + "\(reused) are reused from earlier jobs"
    case .prepared(let requests, let parts):
      "prepared \(requests) \(requests == 1 ? "request" : "requests") in \(parts) "
        + (parts == 1 ? "part" : "parts")
    case .resumed: "took up the job again"
    case .uploading(let part, let sent, let total):
      "uploading part \(part + 1): \(ByteCount.text(sent)) of \(ByteCount.text(total))"
    case .uploaded(let part, let bytes): "uploaded part \(part + 1): \(bytes) bytes"
    case .created(let part, let batch): "created batch \(batch) for part \(part + 1)"
    case .adopted(let part, let batch): "found batch \(batch) of part \(part + 1), created earlier"
    case .ghostCancelled(let batch): "cancelled batch \(batch), left behind by a create that got no answer"
    case .waiting(let reason, let duration): "\(reason); waiting \(Int(duration.seconds.rounded(.up))) s"
    case .progressed(let status): status.description
    case .troubled(let reason): reason
    case .collected(let part, let kind, let bytes):
      "fetched the \(kind.rawValue) file of part \(part + 1): \(bytes) bytes"
    case .settled(let status): status.description
    }
  }
}
