extension FileStore {
  /// All bytes of a file.
  ///
  /// For files that are known to be small, such as the registry; results and requests are read by windows.
  package func read(_ path: String) throws(BatchError) -> [UInt8] {
    let file = try open(path)
    return try file.read(at: 0, count: try file.size())
  }

  /// Replaces a file of ours in one step: whoever reads it sees all of the old or all of the new.
  ///
  /// The new text goes to a draft beside the file, is synced, and then takes its name: the system does the
  /// last step whole or not at all. The draft's name holds a random number, so that two writers never share
  /// one.
  ///
  /// - Throws: ``BatchError`` where any step fails; a whole file stands there even then, as a rule the old
  ///   one.
  package func replace(_ path: String, with bytes: [UInt8]) throws(BatchError) {
    let draft = "\(path).\(UInt64.random(in: 0 ... .max)).new"
    do {
      let file = try create(draft, .exclusive)
      try file.write(bytes)
      try file.sync()
      try file.close()
      try rename(draft, to: path)
    } catch {
      // The first failure is the one to tell; a draft that can't be removed either only takes up room.
      try? remove(draft)
      throw error
    }
  }
}

extension FileStore {
  /// A store without links has only devices to tell from files.
  package func destination(of path: String) throws(BatchError) -> FileDestination {
    try status(of: path)?.isDevice == true ? .stream : .file(path)
  }

  /// Writes a file that the user asked for: it appears whole, under its name, or not at all.
  ///
  /// A device or a pipe is written to as it stands: a file in its place would be a loss to everyone. So is
  /// what a path such as `/dev/stdout` leads to, even where that is a file: others have it open. Of a link,
  /// the file behind it is replaced, and the link stays.
  ///
  /// So a program that is killed while it writes leaves what stood there before, and a draft beside it; what
  /// has the name is whole. `write` may be slow and large: it gets the open draft and writes to it as it
  /// goes.
  ///
  /// - Parameters:
  ///   - path: Where the file shall appear; messages name it, and never the draft.
  ///   - write: Writes the content; what it throws is thrown on, with nothing left behind.
  package func publish(_ path: String, _ write: (any WritableFile) throws -> Void) throws {
    guard case .file(let target) = try destination(of: path) else {
      let stream = try create(path, .stream)
      try write(stream)
      try stream.close()
      return
    }
    let draft = "\(target).\(UInt64.random(in: 0 ... .max)).new"
    do {
      let file = try create(draft, .exclusiveForUser)
      try write(file)
      try file.sync()
      try file.close()
      try rename(draft, to: target)
    } catch let error as BatchError {
      // The first failure is the one to tell; a draft that can't be removed either only takes up room.
      try? remove(draft)
      throw error.told(of: path, insteadOf: draft)
    } catch {
      // The first failure is the one to tell; a draft that can't be removed either only takes up room.
      try? remove(draft)
      throw error
    }
  }
}

extension ReadableFile {
  /// The bytes from `offset` on, `count` of them or as many as there are.
  ///
  /// Fewer mean the end of the file, and only that. The bytes land where they stay, without a copy in
  /// between.
  package func read(at offset: Int, count: Int) throws(BatchError) -> [UInt8] {
    var failure: BatchError?
    let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
      do throws(BatchError) {
        filled = try fill(UnsafeMutableRawBufferPointer(buffer), from: offset)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Fills `buffer` from `offset` on, as far as there are bytes, and returns how many there were.
  package func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from offset: Int
  ) throws(BatchError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let got = try read(at: offset &+ filled, into: rest)
      if got == 0 { break }
      filled &+= got
    }
    return filled
  }
}

extension WritableFile {
  /// Writes all of `bytes`, or fails.
  ///
  /// The bytes need not be copied first, as they are only lent for the call.
  package func write(_ bytes: [UInt8]) throws(BatchError) {
    try bytes.withUnsafeBufferPointer { buffer throws(BatchError) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }
}
