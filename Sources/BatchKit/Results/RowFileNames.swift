import Foundation

/// Names for files that differ on every system, made from ids that may be any text.
struct RowFileNames {
  private var taken: Set<String> = []

  /// Systems take names of 255 bytes.
  private static let longest = 200

  /// The name of a row's file, with `+2` behind that of its second.
  mutating func name(of id: CustomID, _ number: Int, _ format: String) -> String {
    var stem = Self.escaped(id.rawValue)
    if stem.utf8.count > Self.longest {
      stem = "\(stem.prefix(Self.longest - 20))+\(SHA256.hex(of: Array(id.rawValue.utf8)).prefix(16))"
    }
    if number > 1 { stem += "+\(number)" }
    // Some systems take upper and lower case for the same.
    while !taken.insert(stem.lowercased()).inserted { stem += "+" }
    return "\(stem).\(format)"
  }

  /// The id with everything but letters, figures, `-`, `_` and inner dots in percent form.
  private static func escaped(_ id: String) -> String {
    var name = ""
    for (place, byte) in id.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: ".") where place > 0: name.append(".")
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        name += byte < 16 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return name.isEmpty ? "%" : name
  }

  /// The format of an image as its first bytes tell it, or its address; answers need not say it.
  static func format(of data: Data?, at url: URL?) -> String {
    guard let data else {
      let ending = url?.pathExtension.lowercased() ?? ""
      return ["png", "jpg", "jpeg", "webp"].contains(ending) ? ending : "image"
    }
    let head = Array(data.prefix(12))
    if head.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "png" }
    if head.starts(with: [0xFF, 0xD8, 0xFF]) { return "jpg" }
    if head.starts(with: Array("RIFF".utf8)), head.suffix(4) == Array("WEBP".utf8)[...] { return "webp" }
    return "image"
  }
}
