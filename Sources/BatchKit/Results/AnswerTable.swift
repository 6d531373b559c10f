/// Finds rows by their ids in twelve bytes a row, where a dictionary of the library takes three times as
/// many.
///
/// Ids are known by a 64-bit hash, seeded anew in each process: for a million ids the odds that two share
/// one are about one in thirty million, and nobody can choose ids that do.
struct AnswerTable: Sendable {
  /// The hash of each row, in order.
  private(set) var hashes: [UInt64] = []
  /// Open addressing: the number of a row, or `empty`. The count is a power of two.
  private var slots: [UInt32] = []

  private static let empty = UInt32.max
  /// More rows than this can't be told apart.
  static let mostRows = Int(UInt32.max) - 1

  init() {}

  /// A table of rows with these hashes; of two that are equal the later counts.
  init(hashes: [UInt64]) {
    self.hashes = hashes
    resize(for: hashes.count)
  }

  /// The number of rows.
  var count: Int { hashes.count }

  /// Makes room for as many rows in all.
  mutating func reserve(_ count: Int) {
    hashes.reserveCapacity(count)
    resize(for: count)
  }

  /// Appends a row, which is then the one with its hash.
  mutating func append(_ hash: UInt64) {
    if (hashes.count &+ 1) &* 3 > slots.count &* 2 { resize(for: max(16, hashes.count &* 2)) }
    let row = UInt32(truncatingIfNeeded: hashes.count)
    hashes.append(hash)
    slots[slot(of: hash)] = row
  }

  /// The row with this hash.
  func row(_ hash: UInt64) -> Int? {
    guard !slots.isEmpty else { return nil }
    let row = slots[slot(of: hash)]
    return row == Self.empty ? nil : Int(row)
  }

  /// The rows with these hashes.
  ///
  /// A look-up is two steps to far-off places in memory. Taken one after the other, each waits for the one
  /// before; taken step by step, all of them wait together.
  func rows(_ wanted: [UInt64]) -> [Int?] {
    guard !slots.isEmpty else { return wanted.map { _ in nil } }
    let mask = slots.count &- 1
    let likely = wanted.map { slots[Int(truncatingIfNeeded: $0) & mask] }
    let found = likely.map { $0 == Self.empty ? 0 : hashes[Int($0)] }
    return wanted.indices.map { wanted[$0] == found[$0] ? Int(likely[$0]) : row(wanted[$0]) }
  }

  private func slot(of hash: UInt64) -> Int {
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != Self.empty, hashes[Int(slots[slot])] != hash { slot = (slot &+ 1) & mask }
    return slot
  }

  private mutating func resize(for count: Int) {
    var size = 16
    while size &* 2 < count &* 3 &+ 3 { size &*= 2 }
    guard size > slots.count else { return }
    slots = [UInt32](repeating: Self.empty, count: size)
    for (row, hash) in hashes.enumerated() { slots[slot(of: hash)] = UInt32(truncatingIfNeeded: row) }
  }

  /// The hash of an id that stands in a line.
  static func hash(_ id: JSONText, _ bytes: Span<UInt8>) -> UInt64 {
    if id.hasEscapes {
      var text: [UInt8] = []
      id.append(to: &text, from: bytes)
      return text.withUnsafeBytes(hash)
    }
    return bytes.extracting(id.range).withUnsafeBytes(hash)
  }

  /// The hash of an id.
  static func hash(_ id: CustomID) -> UInt64 {
    var text = id.rawValue
    return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
  }

  /// The hash of an id as UTF-8.
  static func hash(_ utf8: UnsafeRawBufferPointer) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(bytes: utf8)
    return UInt64(truncatingIfNeeded: hasher.finalize())
  }
}
