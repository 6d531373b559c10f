import BatchKit
import Foundation

/// What someone asks for who wants a batch, checked for everything that can be refused on the spot.
///
/// What is left for the check of the input is not looked at: the service takes such an order, and the batch
/// fails later.
struct BatchOrder: Sendable {
  var inputFileID: String
  var endpoint: Endpoint
  var metadata: JSONValue
  var outputLifetime: Duration

  /// Reads an order, or refuses it by its first flaw, as the service does.
  ///
  /// The sentences and codes are the service's, down to the quotes, since clients read them.
  init(_ body: JSONValue) throws(Refusal) {
    inputFileID = try Self.text("input_file_id", of: body)
    endpoint = Endpoint(try Self.text("endpoint", of: body))
    guard EmulatorService.endpoints.contains(endpoint) else {
      throw Refusal.invalidValue(
        "endpoint", body["endpoint"], supported: EmulatorService.endpoints.map(\.rawValue))
    }
    guard try Self.text("completion_window", of: body) == "24h" else {
      throw Refusal.invalidValue("completion_window", body["completion_window"], supported: ["24h"])
    }
    metadata = body["metadata"]
    try Self.check(metadata)
    outputLifetime = try Self.lifetime(body["output_expires_after"])
  }

  /// A text that must be there.
  private static func text(_ key: String, of body: JSONValue) throws(Refusal) -> String {
    if body[key].isNull { throw Refusal.missing(key) }
    guard let text = body[key].string else { throw Refusal.invalidType(key, expected: "a string") }
    return text
  }

  /// Checks metadata against the limits on pairs, keys and values.
  private static func check(_ metadata: JSONValue) throws(Refusal) {
    if metadata.isNull { return }
    guard let pairs = metadata.object else { throw Refusal.invalidType("metadata", expected: "an object") }
    if pairs.keys.count > 16 { throw tooMuch("metadata", "at most 16 pairs", "object_above_max_properties") }
    for (key, value) in pairs {
      guard let text = value.string else {
        throw Refusal.invalidType("metadata.\(key)", expected: "a string")
      }
      if key.count > 64 {
        throw tooMuch("metadata", "keys of at most 64 characters", "string_above_max_length")
      }
      if text.count > 512 {
        throw tooMuch("metadata.\(key)", "values of at most 512 characters", "string_above_max_length")
      }
    }
  }

  /// The refusal of metadata that is beyond a limit.
  private static func tooMuch(_ parameter: String, _ expected: String, _ code: String) -> Refusal {
    Refusal(400, "Invalid '\(parameter)': expected \(expected).", parameter: parameter, code: code)
  }

  /// How long result files are kept: a month, unless asked otherwise.
  private static func lifetime(_ value: JSONValue) throws(Refusal) -> Duration {
    if value.isNull { return .seconds(2_592_000) }
    guard value["anchor"].string == "created_at" else {
      throw Refusal.invalidValue(
        "output_expires_after.anchor", value["anchor"], supported: ["created_at"])
    }
    return try Upload.lifetime(seconds: value["seconds"].int, of: "output_expires_after")
  }
}
