public import Foundation

/// What became of the images of a result set when they were written to a folder.
public struct WrittenImages: Sendable, Hashable {
  /// The files, in the order of the rows.
  public internal(set) var files: [String] = []
  /// Images of which the answer holds the address alone; services forget them within hours or a day.
  public internal(set) var addresses: [URL] = []
  /// Rows with an image whose bytes can't be read.
  public internal(set) var unreadable: [CustomID] = []
}

extension BatchResults where Output == ImagesReply {
  /// Writes every image into a folder, under the name of its row.
  ///
  /// ```swift
  /// let written = try covers.writeImages(to: "covers")
  /// print(written.files)    // covers/moby-dick.png, covers/emma.png, covers/emma+2.png
  /// ```
  ///
  /// A row's second image has `+2` behind its name. What could be no part of a file's name on some system is
  /// written in percent form, so no id leads out of the folder and no two rows share a file. What has one of
  /// the names is replaced; the rest of the folder is left alone. One answer is in memory at a time.
  ///
  /// - Parameter folder: The folder, which is made if it is not there.
  /// - Returns: The files, and what could not be written.
  /// - Throws: ``BatchError`` where a file can't be written.
  @discardableResult
  public func writeImages(to folder: String) throws -> WrittenImages {
    try writeImages(to: folder, store: DiskStore.shared)
  }

  @discardableResult
  package func writeImages(to folder: String, store: any FileStore) throws -> WrittenImages {
    var written = WrittenImages()
    var names = ImageNames()
    try store.createFolder(folder)
    for (id, reply) in succeeded {
      for (number, image) in reply.images.enumerated() {
        guard let data = image.data else {
          if let url = image.url { written.addresses.append(url) } else { written.unreadable.append(id) }
          continue
        }
        let path = "\(folder)/\(names.name(of: id, number + 1, data))"
        try store.publish(path) { try $0.write(Array(data)) }
        written.files.append(path)
      }
    }
    return written
  }
}

/// Names for files that differ on every system, made from ids that may be any text.
private struct ImageNames {
  private var taken: Set<String> = []

  /// Systems take names of 255 bytes.
  private static let longest = 200

  mutating func name(of id: CustomID, _ number: Int, _ data: Data) -> String {
    var stem = Self.escaped(id.rawValue)
    if stem.utf8.count > Self.longest {
      stem = "\(stem.prefix(Self.longest - 20))+\(SHA256.hex(of: Array(id.rawValue.utf8)).prefix(16))"
    }
    if number > 1 { stem += "+\(number)" }
    // Some systems take upper and lower case for the same.
    while !taken.insert(stem.lowercased()).inserted { stem += "+" }
    return "\(stem).\(Self.format(of: data))"
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

  /// The format that the first bytes tell; answers need not say it.
  private static func format(of data: Data) -> String {
    let head = Array(data.prefix(12))
    if head.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "png" }
    if head.starts(with: [0xFF, 0xD8, 0xFF]) { return "jpg" }
    if head.starts(with: Array("RIFF".utf8)), head.suffix(4) == Array("WEBP".utf8)[...] { return "webp" }
    return "image"
  }
}
