/// Why the disk refused something, in the words that every store shares.
///
/// It travels as the cause of the ``BatchError`` that tells a person about it, so that code can tell one from
/// another.
///
/// The numbers of the system differ from one system to the next; these don't, and a store in memory can fail
/// with the very same.
package enum FileFault: Error, Sendable, Hashable {
  /// Nothing has that name.
  case notFound
  /// Something has that name already.
  case exists
  /// This user may not.
  case forbidden
  /// Nobody may: the file system takes no changes.
  case readOnly
  /// A folder is where a file should be.
  case isFolder
  /// A file is where a folder should be.
  case notFolder
  /// The folder has something in it.
  case notEmpty
  /// It can be read from front to back only.
  ///
  /// Pipes and terminals are so; the library reads a file several times and from any place.
  case notSeekable
  /// No room is left.
  ///
  /// What was written before stays; the same program can go on once there is room.
  case full
  /// No room is left for this user.
  case overQuota
  /// No file may be this large.
  case tooLarge
  /// No more files may be open.
  case tooManyOpen
  /// No name may be this long.
  case nameTooLong
  /// No path may hold this character.
  case badName
  /// A link is where a file of ours should be.
  case isLink
  /// The file was closed before.
  ///
  /// That is a mistake of ours, never the disk's.
  case closed
  /// Someone else has the lock.
  ///
  /// It is no error for who asks for a lock, who gets `nil` instead.
  case held
  /// Anything else, in the words of the system.
  case other(String)
}

/// What was asked of the disk when it refused.
///
/// Its raw value stands in the sentence: “could not create the folder …”.
package enum FileAction: String, Sendable {
  case read
  case write
  case create
  case createFolder = "create the folder"
  case list
  case rename
  case remove
  case lock
}

extension BatchError {
  /// The sentence for a refusal of the disk.
  ///
  /// Its code tells whether reading or changing failed; the fault stays as its cause.
  package static func file(_ fault: FileFault, _ action: FileAction, _ path: String) -> Self {
    let code: Code = [.read, .list].contains(action) ? .unreadableFile : .unwritableFile
    return Self(code, fault.sentence(action, path), cause: fault)
  }

  /// The disk's reason, where it was the disk that refused.
  ///
  /// By it callers tell a missing file from a broken disk without reading the sentence.
  package var fileFault: FileFault? { cause as? FileFault }
}

extension FileFault {
  /// One sentence: what is wrong, at which path, and what to do about it.
  fileprivate func sentence(_ action: FileAction, _ path: String) -> String {
    let failed = "could not \(action.rawValue) \(path.isEmpty ? "a file without a name" : path)"
    return switch self {
    case .notFound where [.read, .list].contains(action): "There is nothing at \(path); check the path."
    case .notFound: "The folder is missing: \(failed); create the folder first or choose another path."
    case .exists: "There is something at \(path) already; remove it or choose another path."
    case .forbidden: "Permission denied: \(failed); give this user access to it or choose another path."
    case .readOnly: "The file system is read-only: \(failed); choose another path."
    case .isFolder: "\(path) is a folder; name a file in it."
    case .notFolder: "A part of the path is a file, not a folder: \(failed); check the path."
    case .notEmpty: "The folder is not empty: \(failed); remove what is in it first."
    case .notSeekable: "\(path) is a pipe or a device; save what it gives to a file and name that."
    case .full: "The disk is full: \(failed); free some room and run it again."
    case .overQuota: "The disk quota is used up: \(failed); free some room and run it again."
    case .tooLarge: "The file system allows no file this large: \(failed); choose another disk."
    case .tooManyOpen: "Too many files are open: \(failed); raise the limit (ulimit -n) and run it again."
    case .nameTooLong: "The name is too long: \(failed); choose a shorter one."
    case .badName: "A path can't hold a NUL character: \(failed); choose another name."
    case .isLink: "A link stands where a file of ours should: \(failed); remove the link."
    case .closed: "The file is closed already: \(failed); open it again."
    case .held: "Someone else holds the lock: \(failed); wait for them to finish."
    case .other(let reason): "The disk failed (\(reason)): \(failed); see to the disk and run it again."
    }
  }
}
