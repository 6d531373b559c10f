import BatchKit
import Foundation
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite struct `The disk keeps what it is given` {
  let disk = DiskStore.shared
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func `what was written reads back, at any place`() throws {
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let file = try disk.create(scratch("a"), .exclusive)
    try file.write(Array(bytes[..<1000]))
    try file.write([])
    try file.write(Array(bytes[1000...]))
    try file.sync()
    try file.close()
    #expect(try disk.read(scratch("a")) == bytes)
    let reader = try disk.open(scratch("a"))
    #expect(try reader.size() == bytes.count)
    #expect(try reader.read(at: 299_990, count: 100) == Array(bytes[299_990...]))
    #expect(try reader.read(at: 400_000, count: 5).isEmpty)
  }

  @Test func `files of ours are the owner's alone, a file for the user follows the umask`() throws {
    try disk.write("x", to: scratch("ours"))
    try disk.write("x", to: scratch("journal"), .append)
    try disk.write("x", to: scratch("users"), .exclusiveForUser)
    try disk.createFolder(scratch("in/ner"))
    let lock = try disk.lock(scratch("lock"))
    let modes = try ["ours", "journal", "lock", "in", "in/ner", "users"].map {
      try #require(try disk.status(of: scratch($0))).permissions
    }
    let mask = umask(0)
    umask(mask)
    #expect(modes == [0o600, 0o600, 0o600, 0o700, 0o700, 0o666 & ~Int(mask)])
    #expect(lock != nil)
  }

  @Test func `appending goes on at the end`() throws {
    try disk.write("one\n", to: scratch("log"), .append)
    try disk.write("two\n", to: scratch("log"), .append)
    #expect(try disk.text(scratch("log")) == "one\ntwo\n")
  }

  @Test func `replacing swaps the whole file, keeps it private and leaves no draft`() throws {
    try disk.write("an old text, longer", to: scratch("a"), .exclusiveForUser)
    let reader = try disk.open(scratch("a"))
    try disk.replace(scratch("a"), with: Array("new".utf8))
    #expect(try disk.text(scratch("a")) == "new")
    #expect(try disk.status(of: scratch("a"))?.permissions == 0o600)
    #expect(try disk.names(in: scratch.path) == ["a"])
    // Who had the old file open goes on reading the old file.
    #expect(try reader.read(at: 0, count: 100) == Array("an old text, longer".utf8))
  }

  @Test func `cutting, renaming, listing and removing do what they say`() throws {
    try disk.write("0123456789", to: scratch("b"))
    try disk.truncate(scratch("b"), to: 4)
    #expect(try disk.text(scratch("b")) == "0123")
    try disk.createFolder(scratch("sub"))
    try disk.rename(scratch("b"), to: scratch("sub/c"))
    try disk.write("", to: scratch("zürich"))
    try disk.write("", to: scratch("a b"))
    #expect(try disk.names(in: scratch.path) == ["a b", "sub", "zürich"])
    try disk.remove(scratch("sub/c"))
    try disk.remove(scratch("sub"))
    try disk.remove(scratch("sub"))
    #expect(try disk.status(of: scratch("sub")) == nil)
  }

  @Test func `a link is removed as a link, and a tree without following links out of it`() throws {
    try disk.createFolder(scratch("mine/deep"))
    try disk.createFolder(scratch("theirs"))
    try disk.write("precious", to: scratch("theirs/file"))
    try disk.write("x", to: scratch("mine/deep/x"))
    #expect(symlink(scratch("theirs"), scratch("mine/link")) == 0)
    #expect(symlink(scratch("nowhere"), scratch("mine/dangling")) == 0)
    try disk.removeTree(scratch("mine"))
    #expect(try disk.names(in: scratch.path) == ["theirs"])
    #expect(try disk.text(scratch("theirs/file")) == "precious")
  }

  @Test func `a path is told apart from its links`() throws {
    try disk.createFolder(scratch("real"))
    try disk.write("x", to: scratch("real/file"))
    #expect(symlink(scratch("real"), scratch("alias")) == 0)
    #expect(symlink(scratch("real/file"), scratch("shortcut")) == 0)
    let file = DiskStore.resolving(scratch("real/file"))
    #expect(DiskStore.resolving(scratch("alias/file")) == file)
    #expect(DiskStore.resolving(scratch("shortcut")) == file)
    #expect(DiskStore.resolving(scratch("alias/none")).hasSuffix("/real/none"))
    #expect(DiskStore.resolving(scratch("alias/no/ne")).hasSuffix("/real/no/ne"))
    #expect(DiskStore.resolving("no/ne.json").hasPrefix("/"))
    #expect(DiskStore.resolving("/none") == "/none")
  }

  @Test func `a closed file takes nothing more, and closing twice harms nobody`() throws {
    let file = try disk.create(scratch("a"), .exclusive)
    try file.close()
    let other = try disk.create(scratch("b"), .exclusive)
    try file.close()
    #expect(throws: BatchError.self) { try file.write([1]) }
    #expect(throws: BatchError.self) { try file.sync() }
    try other.write([7])
    #expect(try disk.read(scratch("b")) == [7])
  }
}

@Suite struct `A refusal of the disk says what to do` {
  let disk = DiskStore.shared
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// The failure of an operation that must fail.
  private func failure(_ body: () throws -> Void) throws -> BatchError {
    try #require(throws: BatchError.self) { try body() }
  }

  @Test func `nothing at the path`() throws {
    let path = scratch("none")
    let error = try failure { _ = try disk.open(path) }
    #expect(error.message == "There is nothing at \(path); check the path.")
    #expect(error.code == .unreadableFile)
    #expect(error.fileFault == .notFound)
    #expect(try failure { _ = try disk.names(in: path) }.code == .unreadableFile)
    #expect(try failure { try disk.truncate(path, to: 0) }.fileFault == .notFound)
    #expect(try failure { try disk.rename(path, to: scratch("b")) }.fileFault == .notFound)
    #expect(try disk.status(of: path) == nil)
  }

  @Test func `no folder to write into`() throws {
    let path = scratch("none/file")
    let error = try failure { try disk.write("x", to: path) }
    #expect(
      error.message
        == "The folder is missing: could not create \(path); create the folder first or choose another path.")
    #expect(error.code == .unwritableFile)
  }

  @Test func `the name is taken`() throws {
    try disk.write("kept", to: scratch("a"))
    #expect(try failure { try disk.write("x", to: scratch("a")) }.fileFault == .exists)
    #expect(
      try failure { try disk.write("x", to: scratch("a"), .exclusiveForUser) }.message
        == "There is something at \(scratch("a")) already; remove it or choose another path.")
    #expect(try disk.text(scratch("a")) == "kept")
    #expect(try failure { try disk.createFolder(scratch("a")) }.fileFault == .exists)
    #expect(try failure { try disk.createFolder(scratch("a/b")) }.fileFault == .exists)
  }

  @Test func `a folder where a file should be, and the reverse`() throws {
    let path = scratch.path
    #expect(try failure { _ = try disk.open(path) }.message == "\(path) is a folder; name a file in it.")
    #expect(try failure { try disk.write("x", to: path, .append) }.fileFault == .isFolder)
    try disk.write("x", to: scratch("file"))
    #expect(try failure { _ = try disk.open(scratch("file/x")) }.fileFault == .notFolder)
    #expect(try disk.status(of: scratch("file/x")) == nil)
    try disk.createFolder(scratch("full/of"))
    #expect(try failure { try disk.remove(scratch("full")) }.fileFault == .notEmpty)
  }

  @Test func `a pipe is refused at once instead of waited for`() throws {
    #expect(mkfifo(scratch("pipe"), 0o600) == 0)
    #expect(try failure { _ = try disk.open(scratch("pipe")) }.fileFault == .notSeekable)
  }

  @Test func `a link is not written through where a file of ours should be`() throws {
    try disk.write("theirs", to: scratch("target"))
    #expect(symlink(scratch("target"), scratch("link")) == 0)
    #expect(try failure { try disk.write("x", to: scratch("link"), .append) }.fileFault == .isLink)
    #expect(try failure { try disk.truncate(scratch("link"), to: 0) }.fileFault == .isLink)
    #expect(try failure { _ = try disk.lock(scratch("link")) }.fileFault == .isLink)
    #expect(try disk.text(scratch("target")) == "theirs")
  }

  @Test func `a NUL in a path does not cut it short`() throws {
    try disk.write("kept", to: scratch("a"))
    let path = scratch("a\0b")
    for act: () throws -> Void in [
      { _ = try disk.open(path) }, { _ = try disk.status(of: path) }, { try disk.remove(path) },
      { try disk.createFolder(path) }, { _ = try disk.names(in: path) }, { _ = try disk.lock(path) },
      { try disk.rename(path, to: scratch("c")) }, { try disk.truncate(path, to: 0) },
    ] {
      #expect(try failure(act).fileFault == .badName)
    }
    #expect(try disk.text(scratch("a")) == "kept")
  }

  @Test func `too long a name`() throws {
    let path = scratch(String(repeating: "n", count: 300))
    #expect(try failure { try disk.write("x", to: path) }.fileFault == .nameTooLong)
  }

  #if os(Linux)
    @Test func `a full disk`() throws {
      let file = try disk.create("/dev/full", .append)
      let error = try failure { try file.write([1, 2, 3]) }
      #expect(
        error.message == "The disk is full: could not write /dev/full; free some room and run it again.")
      #expect(error.code == .unwritableFile)
    }
  #endif

  @Test(arguments: [
    (EACCES, FileFault.forbidden), (EPERM, .forbidden), (EROFS, .readOnly), (ENOSPC, .full),
    (EDQUOT, .overQuota), (EMFILE, .tooManyOpen), (ENFILE, .tooManyOpen), (EFBIG, .tooLarge),
    (EWOULDBLOCK, .held),
  ])
  func `an error number is told in words`(number: Int32, fault: FileFault) {
    #expect(FileFault(errno: number) == fault)
  }

  @Test(arguments: [
    FileFault.notFound, .exists, .forbidden, .readOnly, .isFolder, .notFolder, .notEmpty, .notSeekable, .full,
    .overQuota, .tooLarge, .tooManyOpen, .nameTooLong, .badName, .isLink, .closed, .held, .other("odd"),
  ])
  func `every sentence names the path and ends in a remedy`(fault: FileFault) {
    for action in [FileAction.read, .write, .create, .createFolder, .list, .rename, .remove, .lock] {
      let message = BatchError.file(fault, action, "/x/y").message
      #expect(message.contains("/x/y") && message.contains("; ") && message.hasSuffix("."))
    }
  }
}

@Suite struct `What the user named is written where it leads` {
  let disk = DiskStore.shared
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func publish(_ text: String, to path: String) throws {
    try disk.publish(path) { try $0.write(Array(text.utf8)) }
  }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: scratch(name), withDestinationPath: target)
  }

  private func target(of name: String) throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: scratch(name))
  }

  @Test func `a link stays a link, and the file behind it is replaced`() throws {
    try disk.createFolder(scratch("else/where"))
    try disk.write("an old text, longer", to: scratch("else/where/file"), .exclusiveForUser)
    try link("near", to: "else/where/file")
    try link("far", to: scratch("near"))
    for name in ["near", "far"] {
      try publish(name, to: scratch(name))
      #expect(try disk.text(scratch("else/where/file")) == name)
    }
    #expect(try target(of: "near") == "else/where/file" && target(of: "far") == scratch("near"))
    #expect(try disk.names(in: scratch("else/where")) == ["file"])
    #expect(try disk.names(in: scratch.path) == ["else", "far", "near"])
  }

  @Test func `a link to a file that is not there yet makes it there`() throws {
    try disk.createFolder(scratch("else"))
    try link("out", to: "else/new")
    try publish("x", to: scratch("out"))
    #expect(try disk.text(scratch("else/new")) == "x" && target(of: "out") == "else/new")
  }

  @Test func `links in a circle are an error, and stay`() throws {
    try link("a", to: "b")
    try link("b", to: "a")
    #expect(throws: BatchError.self) { try publish("x", to: scratch("a")) }
    #expect(try disk.names(in: scratch.path) == ["a", "b"])
  }

  @Test func `a file that a process has open is gone on with, as standard output is`() throws {
    try disk.write("before\n", to: scratch("log"), .exclusiveForUser)
    let open = try FileHandle(forWritingTo: URL(filePath: scratch("log")))
    try open.seekToEnd()
    try link("out", to: "/dev/fd/\(open.fileDescriptor)")
    try publish("ours\n", to: scratch("out"))
    try open.seekToEnd()
    try open.write(contentsOf: Data("after\n".utf8))
    #expect(try disk.text(scratch("log")) == "before\nours\nafter\n")
    #expect(try target(of: "out") == "/dev/fd/\(open.fileDescriptor)")
    #expect(try disk.names(in: scratch.path) == ["log", "out"])
  }

  @Test func `a pipe behind a link is written to`() throws {
    let pipe = Pipe()
    try link("out", to: "/dev/fd/\(pipe.fileHandleForWriting.fileDescriptor)")
    try publish("through\n", to: scratch("out"))
    try pipe.fileHandleForWriting.close()
    #expect(try pipe.fileHandleForReading.readToEnd() == Data("through\n".utf8))
    #expect(try disk.names(in: scratch.path) == ["out"])
  }

  @Test func `a device behind a link is written to and stays a device`() throws {
    try link("out", to: "/dev/null")
    try publish("x", to: scratch("out"))
    #expect(try disk.status(of: "/dev/null")?.isDevice == true && target(of: "out") == "/dev/null")
  }
}
