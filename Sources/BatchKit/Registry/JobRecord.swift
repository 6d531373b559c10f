package import Foundation

/// One line of a job's journal: something that happened, or that is about to.
///
/// One flat shape for all kinds keeps the journal readable by a person and lets an older line lack what a
/// newer version writes; lines are made by the functions below alone, so that no odd combination comes about.
package struct JobRecord: Codable, Sendable, Hashable {
  package enum Kind: String, Codable, Sendable {
    /// The job exists and all its parts are on disk.
    case opened
    /// How its rows differ from the requests in its parts; a library that does not know this must not go on.
    case shaped
    /// One part: its file, hash and size.
    case part
    /// The service was searched for what the disk no longer tells.
    case recalled
    /// An upload is about to begin.
    case uploading
    /// The upload was answered.
    case uploaded
    /// A create is about to go out: from here on, money may have been spent.
    case creating
    /// The create was refused for certain.
    case refused
    /// The create was answered, or its batch was found.
    case created
    /// No batch came of a create; its input file is deleted, so none can come any more.
    case fenced
    /// Whether a batch came of a create can't be found out.
    case unresolved
    /// The service was full: the batch ran nothing, and its part is held back.
    case requeued
    /// The job goes on with further parts, for rows that failed before.
    case reopened
    /// The service told something new.
    case observed
    /// A result file is on disk, whole.
    case collected
    /// The service no longer has a result file that it promised.
    case gone
    /// The user wants the job stopped.
    case cancelAsked
    /// A batch turned up that a fenced create had left behind; it was cancelled.
    case ghost
    /// Uploads that nothing refers to were deleted.
    case swept
    /// A file at the service was deleted on demand.
    case deleted
    /// All there is has been collected.
    case settled
  }

  package var kind: Kind
  package var at: Date
  package var part: Int?
  package var card: JobCard?
  package var file: String?
  package var sha256: String?
  package var bytes: Int?
  package var requests: Int?
  package var model: String?
  package var tokens: Int?
  package var attempt: Int?
  package var token: String?
  package var fileID: String?
  package var strays: Bool?
  package var batch: RemoteBatch?
  package var result: ResultFile?
  package var message: String?
  package var shape: JobShape?
  package var spread: KeptFile?

  package init(_ kind: Kind, at: Date, part: Int? = nil) {
    self.kind = kind
    self.at = at
    self.part = part
  }

  private func with(_ edit: (inout Self) -> Void) -> Self {
    var copy = self
    edit(&copy)
    return copy
  }
}

extension JobRecord {
  package static func opened(_ card: JobCard) -> Self {
    Self(.opened, at: card.created).with { $0.card = card }
  }

  package static func shaped(_ shape: JobShape, at: Date) -> Self {
    Self(.shaped, at: at).with { $0.shape = shape }
  }

  package static func part(_ part: SpooledPart, at: Date) -> Self {
    Self(.part, at: at, part: part.index).with {
      $0.file = part.file
      $0.sha256 = part.sha256
      $0.bytes = part.bytes
      $0.requests = part.requests
      $0.model = part.model
      $0.tokens = part.tokens
      $0.attempt = part.attempt == 1 ? nil : part.attempt
    }
  }

  package static func uploading(_ part: Int, token: String, at: Date) -> Self {
    Self(.uploading, at: at, part: part).with { $0.token = token }
  }

  package static func uploaded(_ part: Int, token: String, fileID: String, strays: Bool, at: Date) -> Self {
    Self(.uploaded, at: at, part: part).with {
      $0.token = token
      $0.fileID = fileID
      $0.strays = strays ? true : nil
    }
  }

  package static func creating(_ part: Int, token: String, fileID: String, at: Date) -> Self {
    Self(.creating, at: at, part: part).with {
      $0.token = token
      $0.fileID = fileID
    }
  }

  package static func refused(_ part: Int, message: String, at: Date) -> Self {
    Self(.refused, at: at, part: part).with { $0.message = message }
  }

  package static func created(_ part: Int, _ batch: RemoteBatch, at: Date) -> Self {
    Self(.created, at: at, part: part).with { $0.batch = batch }
  }

  package static func fenced(_ part: Int, token: String, fileID: String, at: Date) -> Self {
    Self(.fenced, at: at, part: part).with {
      $0.token = token
      $0.fileID = fileID
    }
  }

  package static func unresolved(_ part: Int, message: String, at: Date) -> Self {
    Self(.unresolved, at: at, part: part).with { $0.message = message }
  }

  package static func requeued(_ part: Int, tooMany tokens: Int, message: String, at: Date) -> Self {
    Self(.requeued, at: at, part: part).with {
      $0.tokens = tokens
      $0.message = message
    }
  }

  package static func observed(_ part: Int, _ batch: RemoteBatch, at: Date) -> Self {
    Self(.observed, at: at, part: part).with { $0.batch = batch }
  }

  package static func collected(
    _ part: Int, _ result: ResultFile, file: String, sha256: String, bytes: Int,
    spread: KeptFile? = nil, at: Date
  ) -> Self {
    Self(.collected, at: at, part: part).with {
      $0.result = result
      $0.file = file
      $0.sha256 = sha256
      $0.bytes = bytes
      $0.spread = spread
    }
  }

  package static func gone(_ part: Int, _ result: ResultFile, at: Date) -> Self {
    Self(.gone, at: at, part: part).with { $0.result = result }
  }

  package static func deleted(_ file: String, at: Date) -> Self {
    Self(.deleted, at: at).with { $0.fileID = file }
  }

  package static func ghost(_ batch: RemoteBatch, at: Date) -> Self {
    Self(.ghost, at: at).with { $0.batch = batch }
  }
}

/// What a job is, written once when it is opened.
package struct JobCard: Codable, Sendable, Hashable {
  package var id: String
  package var name: String?
  package var description: String?
  /// The SHA-256 of the rendered requests, the endpoint and whom they go to.
  package var fingerprint: String
  package var identity: ProviderIdentity
  package var endpoint: Endpoint
  package var requests: Int
  /// How many parts the requests were divided into, by which a journal that lost lines is known.
  package var parts: Int?
  /// Whether its rows differ from the requests in its parts, so that a journal that doesn't say how is cut.
  package var isShaped: Bool?
  /// Whether there was no registry when the job was made, so that one that is lost may have known it.
  package var isFirst: Bool?
  package var created: Date

  /// What a person calls the job.
  package var title: String { name ?? id }

  package init(
    id: String, name: String?, description: String?, fingerprint: String, identity: ProviderIdentity,
    endpoint: Endpoint, requests: Int, created: Date
  ) {
    self.id = id
    self.name = name
    self.description = description
    self.fingerprint = fingerprint
    self.identity = identity
    self.endpoint = endpoint
    self.requests = requests
    self.created = created
  }
}

/// One part of a job's requests, on disk.
package struct SpooledPart: Sendable, Hashable {
  package var index: Int
  /// Its path within the job's folder.
  package var file: String
  package var sha256: String
  package var bytes: Int
  package var requests: Int
  /// The model all its requests ask, where they ask one.
  package var model: String?
  /// About how many tokens its requests give to read.
  package var tokens: Int
  /// Which attempt at its rows it is, counted from 1.
  package var attempt: Int

  package init(
    index: Int, file: String, sha256: String, bytes: Int, requests: Int, model: String? = nil,
    tokens: Int = 0,
    attempt: Int = 1
  ) {
    self.index = index
    self.file = file
    self.sha256 = sha256
    self.bytes = bytes
    self.requests = requests
    self.model = model
    self.tokens = tokens
    self.attempt = attempt
  }
}
