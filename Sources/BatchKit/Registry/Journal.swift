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
    var length: Int?
    var wasTorn = false
  }

  /// The journal at `path`, in a folder that is there; the first entry makes the file.
  package init(at path: String, in store: any FileStore, of type: Entry.Type = Entry.self) {
    self.path = path
    self.store = store
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
        if let length = state.length { state.length = length + bytes.count }
      } catch {
        // What is behind the sound length is cut off when the file is opened again.
        state.file = nil
        throw error
      }
    }
  }

  /// All entries so far, oldest first; one that a crash cut short is none.
  ///
  /// - Throws: ``BatchError`` for a line that is damaged or of a newer version.
  package func entries() throws(BatchError) -> [Entry] {
    let lines = JournalLines(try contents())
    state.withLock { if lines.isTorn { $0.wasTorn = true } }
    var entries: [Entry] = []
    for (index, line) in lines.complete.enumerated() { entries.append(try decoded(line, index + 1)) }
    return entries
  }

  /// The file, open at the end of what is sound.
  private func ready(_ state: inout State) throws(BatchError) -> any WritableFile {
    if let file = state.file { return file }
    let bytes = try contents()
    let lines = JournalLines(bytes)
    if state.length == nil, lines.isTorn { state.wasTorn = true }
    let sound = min(state.length ?? lines.end, lines.end)
    if bytes.count > sound { try store.truncate(path, to: sound) }
    let file = try store.create(path, .append)
    state.length = sound
    state.file = file
    return file
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
