public import Foundation

/// What became of the images of a result set when they were written to a folder.
public struct WrittenImages: Sendable, Hashable {
  /// The files, in the order of the rows.
  public internal(set) var files: [String] = []
  /// Images of which the answer holds the address alone; services forget them within hours or a day, and
  /// ``BatchClient/fetchImages(of:into:)`` fetches them.
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
    var names = RowFileNames()
    try store.createFolder(folder)
    for (id, reply) in succeeded {
      for (number, image) in reply.images.enumerated() {
        guard let data = image.data else {
          if let url = image.url { written.addresses.append(url) } else { written.unreadable.append(id) }
          continue
        }
        let path = "\(folder)/\(names.name(of: id, number + 1, RowFileNames.format(of: data, at: nil)))"
        try store.publish(path) { try $0.write(Array(data)) }
        written.files.append(path)
      }
    }
    return written
  }
}
