import Foundation

/// What became of the videos or images of a result set when they were fetched into a folder.
public struct FetchedFiles: Sendable {
  /// The files, in the order of the rows.
  public internal(set) var files: [String] = []
  /// The rows whose file the service would not give, and what it said.
  public internal(set) var failed: [(id: CustomID, error: BatchError)] = []
}

extension BatchClient {
  /// Fetches every video of a result set into a folder, under the name of its row.
  ///
  /// ```swift
  /// let clips = try await client.run(batch, named: "clips")
  /// let fetched = try await client.fetchVideos(of: clips, into: "clips")
  /// print(fetched.files)    // clips/sunrise.mp4, clips/harbour.mp4
  /// ```
  ///
  /// The service keeps a video for a day after its batch has ended, so fetch them as soon as the job is over.
  /// They are streamed to the disk one after the other, and have their name once they are whole: an old file
  /// of the name stays until then, and stays where the service no longer has the video.
  ///
  /// - Parameters:
  ///   - results: The results of a batch of ``Videos``.
  ///   - folder: The folder, which is made if it is not there.
  /// - Returns: The files, and what the service would not give.
  /// - Throws: ``BatchError`` where a file can't be written, the key is refused, or nobody answers.
  public func fetchVideos(of results: BatchResults<Video>, into folder: String) async throws -> FetchedFiles {
    var fetched = FetchedFiles()
    var names = RowFileNames()
    try registry.store.createFolder(folder)
    for (id, video) in results.succeeded {
      let path = "\(folder)/\(names.name(of: id, 1, "mp4"))"
      try await fetch(path, of: id, &fetched) { http, receive in
        try await provider.download(video: video.id, through: http, into: receive)
      }
    }
    return fetched
  }

  /// Writes every image of a result set into a folder, and fetches those of which an answer holds the address
  /// alone.
  ///
  /// Files are named as by ``BatchResults/writeImages(to:)``. Such an address is good for an hour or a day;
  /// it is asked without the key, which is no business of whoever stores the image.
  ///
  /// - Parameters:
  ///   - results: The results of a batch of ``Images``.
  ///   - folder: The folder, which is made if it is not there.
  /// - Returns: The files, and what could not be had.
  /// - Throws: ``BatchError`` where a file can't be written, or nobody answers.
  public func fetchImages(
    of results: BatchResults<ImagesReply>, into folder: String
  ) async throws -> FetchedFiles {
    var fetched = FetchedFiles()
    var names = RowFileNames()
    let store = registry.store
    try store.createFolder(folder)
    for (id, reply) in results.succeeded {
      for (number, image) in reply.images.enumerated() {
        let data = image.data
        let format = RowFileNames.format(of: data, at: image.url)
        let path = "\(folder)/\(names.name(of: id, number + 1, format))"
        if let data {
          try store.publish(path) { try $0.write(Array(data)) }
          fetched.files.append(path)
        } else {
          try await fetch(path, of: id, &fetched) { http, receive in
            try await Self.download(image, of: id, through: http, into: receive)
          }
        }
      }
    }
    return fetched
  }

  /// Fetches an image from wherever its answer says it is; an address that leads nowhere is that image's own
  /// misfortune.
  private static func download(
    _ image: GeneratedImage, of id: CustomID, through http: HTTPExchange,
    into receive: @escaping @Sendable () throws -> @Sendable (Data) throws -> Void
  ) async throws -> Int? {
    // An address is text from outside: it must not have a file of this machine copied.
    guard let url = image.url, ["http", "https"].contains(url.scheme?.lowercased()) else {
      throw BatchError(.refused, "The answer of \(id) holds no image that can be read, and no web address.")
    }
    do {
      let response = try await http.download(HTTPRequest("GET", url), into: receive)
      guard response.isSuccess else {
        throw BatchError(
          .refused, "The image of \(id) is not given out any more (HTTP \(response.status)).",
          status: response.status)
      }
      return response.headers["Content-Length"].flatMap { Int($0) }
    } catch let failure as HTTPFailure {
      throw BatchError(.refused, "The image of \(id) can't be fetched: \(failure.message)", cause: failure)
    }
  }

  /// Fetches one file, a few times where it arrives short; that the service won't give it stops no other.
  private func fetch(
    _ path: String, of id: CustomID, _ fetched: inout FetchedFiles,
    _ download: (
      HTTPExchange, @escaping @Sendable () throws -> @Sendable (Data) throws -> Void
    ) async throws -> Int?
  ) async throws {
    let http = HTTPExchange(transport: transport, clock: clock)
    let landing = DownloadLanding(store: registry.store, path: path)
    defer { landing.discard() }
    var triesLeft = 3
    while true {
      triesLeft -= 1
      do {
        let size = try await download(http) { try landing.begin() }
        _ = try landing.land(expecting: size, called: "file of \(id)", hasLines: false)
        return fetched.files.append(path)
      } catch let error as BatchError where error.code == .incompleteDownload && triesLeft > 0 {
        continue
      } catch let error as BatchError where [.incompleteDownload, .refused].contains(error.code) {
        return fetched.failed.append((id, error))
      }
    }
  }
}
