import Foundation

/// How the registry and the journals write down values: the same value is always the same bytes.
///
/// Dates are ISO 8601 in UTC to the millisecond, since people read these files; a finer date is rounded.
enum RegistryCoding {
  static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .custom { date, encoder in
      var container = encoder.singleValueContainer()
      guard let text = date.timestamp else {
        // The date itself would stop the process when the error is printed.
        throw EncodingError.invalidValue(
          date.timeIntervalSince1970,
          .init(codingPath: encoder.codingPath, debugDescription: "no date of the years 1 to 9999"))
      }
      try container.encode(text)
    }
    return encoder
  }()

  static let decoder: JSONDecoder = {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { decoder in
      let container = try decoder.singleValueContainer()
      guard let date = Date(timestamp: try container.decode(String.self)) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "no ISO 8601 date")
      }
      return date
    }
    return decoder
  }()
}

extension Date {
  /// The date as the registry keeps it.
  var roundedToMillisecond: Date {
    milliseconds.map { Date(timeIntervalSince1970: Double($0) / 1000) } ?? self
  }

  var timestamp: String? {
    guard let milliseconds else { return nil }
    let fraction = Int(milliseconds % 1000 + 1000) % 1000
    let seconds = Date(timeIntervalSince1970: Double((milliseconds - Int64(fraction)) / 1000))
    return "\(seconds.formatted(.iso8601).dropLast()).\(String(fraction + 1000).dropFirst())Z"
  }

  init?(timestamp text: String) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let digits = parts.count > 1 ? parts[1].prefix { $0.isASCII && $0.isNumber } : "0"
    let zone = parts.count > 1 ? parts[1].dropFirst(digits.count) : ""
    guard let fraction = Int((digits + "000").prefix(3)), !digits.isEmpty,
      let seconds = try? Date("\(parts[0])\(zone)", strategy: .iso8601)
    else { return nil }
    let milliseconds = seconds.timeIntervalSince1970 * 1000 + Double(fraction)
    self.init(timeIntervalSince1970: milliseconds / 1000)
  }

  private var milliseconds: Int64? {
    let milliseconds = (timeIntervalSince1970 * 1000).rounded()
    // The first and the last moment that four digits of a year can tell.
    guard (-62_135_596_800_000...253_402_300_799_999).contains(milliseconds) else { return nil }
    return Int64(milliseconds)
  }
}
