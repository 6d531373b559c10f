/// The ids of a batch as one word each, to find those that appear twice, in flat memory.
///
/// Two ids may have one mark by chance, so a repeated mark is a suspicion that reading the ids must confirm.
/// Marks are kept in memory up to a million; what is more goes to disk in bins by its first bits, so that
/// equal marks meet in one bin and a bin at a time is enough to find them.
package struct IDCensus {
  /// How many marks are held in memory at most.
  package static let mostInMemory = 1 << 20

  private let most: Int
  private var marks: [Int] = []
  private var bins: MarkBins?

  /// - Parameter most: How many marks may be held in memory.
  package init(atMost most: Int = Self.mostInMemory) { self.most = max(1, most) }

  /// The mark of an id; ids that Swift takes for the same text, such as the two spellings of é, have the
  /// same.
  package static func mark(of id: CustomID) -> Int { id.hashValue }

  package mutating func add(_ id: CustomID) throws {
    marks.append(Self.mark(of: id))
    if marks.count >= most { try spill() }
  }

  private mutating func spill() throws {
    if bins == nil { bins = try MarkBins() }
    try bins?.take(marks)
    marks.removeAll(keepingCapacity: true)
  }

  /// The marks that appear more than once.
  package mutating func repeated() throws -> Set<Int> {
    guard bins != nil else { return Self.repeated(among: &marks) }
    try spill()
    var repeated: Set<Int> = []
    for bin in 0..<MarkBins.count {
      var marks = try bins?.marks(in: bin) ?? []
      repeated.formUnion(Self.repeated(among: &marks))
    }
    return repeated
  }

  private static func repeated(among marks: inout [Int]) -> Set<Int> {
    marks.sort()
    var repeated: Set<Int> = []
    for index in marks.indices.dropFirst() where marks[index] == marks[index - 1] {
      repeated.insert(marks[index])
    }
    return repeated
  }
}

/// Marks on disk, in as many files as a few of their bits can tell apart.
private struct MarkBins {
  static let count = 128

  private let folder = TemporaryFolder()
  private var files: [any WritableFile] = []

  init() throws(BatchError) {
    try folder.store.createFolder(folder.path)
    for bin in 0..<Self.count { files.append(try folder.store.create(path(bin), .exclusive)) }
  }

  private func path(_ bin: Int) -> String { "\(folder.path)/\(bin)" }

  private static func bin(of mark: Int) -> Int { mark & (count - 1) }

  func take(_ marks: [Int]) throws {
    var bins = [[Int]](repeating: [], count: Self.count)
    for mark in marks { bins[Self.bin(of: mark)].append(mark) }
    for (file, bin) in zip(files, bins) {
      try bin.withUnsafeBytes { try file.write($0) }
    }
  }

  func marks(in bin: Int) throws -> [Int] {
    let file = try folder.store.open(path(bin))
    let size = try file.size()
    var marks = [Int](repeating: 0, count: size / MemoryLayout<Int>.size)
    var filled = 0
    try marks.withUnsafeMutableBytes { bytes in
      while filled < bytes.count {
        let got = try file.read(
          at: filled, into: UnsafeMutableRawBufferPointer(rebasing: bytes[filled...]))
        if got == 0 { throw BatchError.shrunkenBins }
        filled += got
      }
    }
    return marks
  }
}

extension BatchError {
  fileprivate static var shrunkenBins: Self {
    Self(.unreadableFile, "A temporary file became shorter while it was used; run this again.")
  }
}
