import Foundation

/// What happened to a job, one line of JSON an entry, each made to last before the next step is taken.
///
/// One writer at a time: the holder of the job's lock. Anyone may read meanwhile. An entry tells in a field
/// `kind` what it is, so that an older library knows one that it does not know.
package final class Journal<Entry: Codable & Sendable>: Sendable {
  package let path: String
  private let store: any FileStore
  private let state = Locked(State())

  private struct State {
    var file: (any WritableFile)?
    /// How much of the file is sound, once that is known.
    var mark: JournalMark?
    /// Whether something of ours may stand behind the mark that nobody was told of.
    var hasFailed = false
    var wasTorn = false
  }

  /// The journal at `path`, in a folder that is there; the first entry makes the file.
  ///
  /// - Parameter mark: how far it was read before, where it was. A job of 200 parts has a journal of a
  ///   thousand lines, and is looked at every few minutes for a day: read anew at each look, the journal
  ///   would cost more than all the looks.
  package init(
    at path: String, in store: any FileStore, after mark: JournalMark? = nil, of type: Entry.Type = Entry.self
  ) {
    self.path = path
    self.store = store
    state.withLock { $0.mark = mark }
  }

  /// How far the journal is known to be sound; `nil` before it was read or written.
  package var mark: JournalMark? { state.withLock { $0.mark } }

  /// Whether nothing was added, cut off or replaced since the mark that this journal began with.
  ///
  /// Its length tells, and its last bytes, so that a file put in its place is not taken for it.
  package func isUnchanged() throws(BatchError) -> Bool {
    guard let mark, try store.status(of: path)?.size == mark.length else { return false }
    let file = try store.open(path)
    return try file.read(at: mark.length - mark.end.count, count: mark.end.count) == mark.end
  }

  /// Whether the last entry was found cut short, by a crash in the middle of writing it.
  package var wasTorn: Bool { state.withLock { $0.wasTorn } }

  /// Adds an entry and makes it last.
  package func append(_ entry: Entry) throws(BatchError) { try append(contentsOf: [entry]) }

  /// Adds entries and makes them last, all at once.
  ///
  /// Where this fails, the entries may or may not be there for who reads next; the next append takes them
  /// away first.
  package func append(contentsOf entries: some Sequence<Entry>) throws(BatchError) {
    let bytes = try encoded(entries)
    guard !bytes.isEmpty else { return }
    try state.withLock { state throws(BatchError) in
      let file = try ready(&state)
      do throws(BatchError) {
        try file.write(bytes)
        try file.sync()
        state.mark = state.mark?.moved(past: bytes)
      } catch {
        // What is behind the mark is cut off when the file is opened again.
        state.file = nil
        state.hasFailed = true
        throw error
      }
    }
  }

  /// All entries so far, oldest first; one that a crash cut short is none.
  ///
  /// - Throws: ``BatchError`` for a line that is damaged or of a newer version.
  package func entries() throws(BatchError) -> [Entry] {
    let bytes = try contents()
    let lines = JournalLines(bytes)
    state.withLock { state in
      if lines.isTorn { state.wasTorn = true }
      // An append of ours that failed may have left a whole line, which the next append takes away.
      if !state.hasFailed { state.mark = JournalMark(bytes[..<lines.end]) }
    }
    var entries: [Entry] = []
    for (index, line) in lines.complete.enumerated() { entries.append(try decoded(line, index + 1)) }
    return entries
  }

  /// The file, open at the end of what is sound.
  private func ready(_ state: inout State) throws(BatchError) -> any WritableFile {
    if let file = state.file { return file }
    let known = state.hasFailed ? nil : state.mark?.length
    let length = try store.status(of: path)?.size
    if known == nil || known != length { try mend(&state) }
    let file = try store.create(path, .append)
    state.file = file
    return file
  }

  /// Cuts off what stands behind the last sound line.
  private func mend(_ state: inout State) throws(BatchError) {
    let bytes = try contents()
    let lines = JournalLines(bytes)
    if !state.hasFailed, lines.isTorn { state.wasTorn = true }
    let ours = state.hasFailed ? state.mark?.length : nil
    let sound = min(ours ?? lines.end, lines.end)
    if bytes.count > sound { try store.truncate(path, to: sound) }
    state.mark = JournalMark(bytes[..<sound])
    state.hasFailed = false
  }

  private func contents() throws(BatchError) -> [UInt8] {
    try store.status(of: path) == nil ? [] : try store.read(path)
  }

  private func encoded(_ entries: some Sequence<Entry>) throws(BatchError) -> [UInt8] {
    var bytes: [UInt8] = []
    do {
      for entry in entries {
        bytes += try RegistryCoding.encoder.encode(entry)
        bytes.append(UInt8(ascii: "\n"))
      }
    } catch {
      throw .unwritableEntry(path, cause: error)
    }
    return bytes
  }

  private func decoded(_ line: ArraySlice<UInt8>, _ number: Int) throws(BatchError) -> Entry {
    do {
      return try RegistryCoding.decoder.decode(Entry.self, from: Data(line))
    } catch let DecodingError.dataCorrupted(context) where context.codingPath.map(\.stringValue) == ["kind"] {
      throw .newerJournal(path, line: number)
    } catch {
      throw .damagedJournal(path, line: number, cause: error)
    }
  }
}

/// How far a journal was read: its length then, and the bytes it ended with.
package struct JournalMark: Sendable, Hashable {
  /// More than enough for the date of a line, by which no two journals end alike.
  private static let endLength = 256

  package let length: Int
  package let end: [UInt8]

  init(_ bytes: ArraySlice<UInt8>) {
    length = bytes.count
    end = Array(bytes.suffix(Self.endLength))
  }

  private init(length: Int, end: [UInt8]) {
    self.length = length
    self.end = end
  }

  /// The mark once these bytes are appended.
  func moved(past bytes: [UInt8]) -> Self {
    Self(
      length: length + bytes.count, end: Array((end + bytes.suffix(Self.endLength)).suffix(Self.endLength)))
  }
}

/// The bytes of a journal as lines, and how far they are sound.
struct JournalLines {
  var complete: [ArraySlice<UInt8>] = []
  /// Where the next entry belongs.
  var end = 0
  /// Whether something stands behind the last sound line.
  var isTorn: Bool

  init(_ bytes: [UInt8]) {
    while let newline = bytes[end...].firstIndex(of: UInt8(ascii: "\n")) {
      complete.append(bytes[end..<newline])
      end = newline + 1
    }
    // JSON has no NUL: a file system grew the file, and the bytes of the last line never came.
    if let last = complete.last, last.contains(0) {
      end = last.startIndex
      complete.removeLast()
    }
    isTorn = end < bytes.count
  }
}

extension BatchError {
  static func damagedJournal(_ path: String, line: Int, cause: any Error) -> Self {
    Self(
      .damagedRegistry,
      "Line \(line) of the journal \(path) is damaged and was left as it is; put a good copy of the file "
        + "back, or delete the job.", cause: cause)
  }

  static func newerJournal(_ path: String, line: Int) -> Self {
    Self(
      .newerRegistry,
      "Line \(line) of the journal \(path) was written by a newer version of BatchKit; update BatchKit to go "
        + "on with this job.")
  }

  static func unwritableEntry(_ path: String, cause: any Error) -> Self {
    Self(
      .unwritableFile, "An entry for the journal \(path) can't be put into JSON; report this to BatchKit.",
      cause: cause)
  }
}
