public import Foundation

/// What a service last said about one remote batch, in the words that all providers share.
///
/// Everything but id and status may be missing: services differ, and a batch of an hour ago tells more than
/// one that was just created. A provider makes it of what its service sent.
public struct RemoteBatch: Sendable, Hashable, Codable {
  /// The id that the service gave it; an opaque text.
  public var id: String
  /// How far it is.
  public var status: RemoteStatus
  /// The endpoint its requests go to, where the service tells.
  public var endpoint: String?
  /// The model that runs it, where the service tells.
  public var model: String?
  /// The uploaded file it reads.
  public var inputFileID: String?
  /// The files its answers are in, so far as they are there.
  public var results: [ResultFile] = []
  /// How many requests are done, failed and there in all.
  public var counts: RequestCounts?
  /// When it was created.
  public var createdAt: Date?
  /// When its first request ran.
  public var startedAt: Date?
  /// When it began to write its result files.
  public var finalizingAt: Date?
  /// When it ended, in whichever way.
  public var endedAt: Date?
  /// When its window closes.
  public var expiresAt: Date?
  /// Every reason the service gave for refusing the input.
  public var problems: [RemoteProblem] = []
  /// The tokens it used up, where the service adds them up.
  public var usage: TokenUsage?
  /// The labels it was created with.
  public var metadata: [String: String] = [:]

  /// A batch of this id and status.
  public init(id: String, status: RemoteStatus) {
    self.id = id
    self.status = status
  }
}

/// A file that holds answers of a remote batch.
public struct ResultFile: Sendable, Hashable, Codable {
  /// Which answers a file holds.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// The answers, and at some services the failures too.
    case output
    /// The failures.
    case errors
  }

  /// Which answers it holds.
  public var kind: Kind
  /// The id by which the service hands it out.
  public var id: String

  /// A file of this kind and id.
  public init(_ kind: Kind, id: String) {
    self.kind = kind
    self.id = id
  }
}

/// How many requests of a remote batch are done, failed, and there in all.
///
/// They are the service's own count, of one batch, and lag behind while it runs; what is true of a job's rows
/// is in its results.
public struct RequestCounts: Sendable, Hashable, Codable {
  /// All requests.
  public var total: Int
  /// Those answered well.
  public var completed: Int
  /// Those answered with an error.
  public var failed: Int

  /// These counts.
  public init(total: Int = 0, completed: Int = 0, failed: Int = 0) {
    self.total = total
    self.completed = completed
    self.failed = failed
  }

  /// Those answered in either way.
  public var done: Int { completed &+ failed }

  /// Returns both together.
  public static func + (left: Self, right: Self) -> Self {
    Self(
      total: left.total &+ right.total, completed: left.completed &+ right.completed,
      failed: left.failed &+ right.failed)
  }
}

/// One reason that a service gave for refusing a batch's input.
public struct RemoteProblem: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The service's code for it.
  public var code: String?
  /// The service's sentence.
  public var message: String
  /// The parameter it is about.
  public var parameter: String?
  /// The line of the input file it is about, counted from 1.
  public var line: Int?

  /// A reason told in this sentence.
  public init(code: String? = nil, message: String, parameter: String? = nil, line: Int? = nil) {
    self.code = code
    self.message = message
    self.parameter = parameter
    self.line = line
  }

  /// What people are shown of it.
  public var description: String {
    let place = line.map { "line \($0): " } ?? ""
    return place + message + (code.map { " (\($0))" } ?? "")
  }
}
