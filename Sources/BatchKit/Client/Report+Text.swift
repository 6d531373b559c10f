import Foundation

extension String {
  /// The text for HTML, in content and in quoted attributes, without the controls that HTML forbids.
  ///
  /// Controls and marks that turn the direction of text are replaced, not dropped: a text that hides
  /// something should look odd.
  var html: String {
    var result = ""
    result.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case _ where scalar.isForbiddenInHTML: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  /// Controls, marks that turn the direction of what follows, and what Unicode never assigns.
  fileprivate var isForbiddenInHTML: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0xFDD0...0xFDEF, 0x202A...0x202E, 0x2066...0x2069: true
    default: value & 0xFFFE == 0xFFFE
    }
  }
}

extension Int {
  /// The number with a thin blank between thousands.
  ///
  /// The blank does not break, so that a number stays on one line.
  var grouped: String {
    let digits = String(magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result += "\u{202F}" }
      result.append(digit)
    }
    return self < 0 ? "-\(result)" : result
  }
}

extension Date {
  /// The date to the second in universal time, as a report shows it.
  var report: String {
    timestamp.map { "\($0.prefix(10)) \($0.dropFirst(11).prefix(8)) UTC" } ?? "unknown"
  }

  /// The same, or only its time where it falls on the day of an earlier date that is shown beside it.
  func report(after earlier: Date?) -> String {
    guard let earlier, earlier.report.prefix(10) == report.prefix(10) else { return report }
    return String(report.dropFirst(11).prefix(8))
  }
}

extension TimeInterval {
  /// The time in the two units that matter.
  ///
  /// Negative times are none, and endless ones are cut at some thirty years.
  package var spoken: String {
    let seconds = Int(Swift.max(0, Swift.min(self, 1e9)).rounded())
    switch seconds {
    case ..<60: return "\(seconds) s"
    case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
    case ..<86_400: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
    default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
    }
  }
}
