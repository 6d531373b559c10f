public import Foundation

/// What the registry knows of one job, enough to find it again.
public struct RegistryEntry: Codable, Sendable, Hashable, Identifiable {
  /// The id of the job, which begins with its day.
  public let id: String
  /// The name it was submitted under.
  public var name: String?
  /// How far it is, in one word.
  public var phase: String
  /// The ids of its remote batches, in the order they were created.
  public var batches: [String]
  /// The endpoint its requests go to.
  public var endpoint: Endpoint
  /// Who runs it: the provider's name or address, never a key.
  public var provider: String
  /// What it is about, in the words of who submitted it.
  public var description: String?
  /// What it sends and where to, as a hash: the same batch for the same account has the same.
  public var fingerprint: String?
  /// When it was submitted, to the millisecond.
  public var created: Date
  /// When it last changed phase, to the millisecond.
  public var updated: Date

  /// An entry for a job that was just made, unless told otherwise.
  public init(
    id: String, name: String? = nil, phase: String, batches: [String] = [], endpoint: Endpoint,
    provider: String, description: String? = nil, fingerprint: String? = nil, created: Date,
    updated: Date? = nil
  ) {
    self.id = id
    self.name = name
    self.phase = phase
    self.batches = batches
    self.endpoint = endpoint
    self.provider = provider
    self.description = description
    self.fingerprint = fingerprint
    self.created = created.roundedToMillisecond
    self.updated = (updated ?? created).roundedToMillisecond
  }
}

extension RegistryEntry {
  /// Whether a text can be a job's id, and with that the name of its folder.
  ///
  /// The file may have been edited by anyone: an id such as `../..` must never become the path of something
  /// to remove.
  package static func isID(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 128 && !text.hasPrefix(".")
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
