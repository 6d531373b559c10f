/// Why the disk refused something, in the words that every store shares.
///
/// It travels as the cause of the ``BatchError`` that tells a person about it, so that code can tell one from
/// another.
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
  case notSeekable
  /// No room is left.
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
  case closed
  /// Someone else has the lock.
  case held
  /// Anything else, in the words of the system.
  case other(String)
}

/// What was asked of the disk when it refused.
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
  package static func file(_ fault: FileFault, _ action: FileAction, _ path: String) -> Self {
    let code: Code = [.read, .list].contains(action) ? .unreadableFile : .unwritableFile
    return Self(code, fault.sentence(action, path), cause: fault)
  }

  /// The disk's reason, where it was the disk that refused.
  package var fileFault: FileFault? { cause as? FileFault }
}

extension FileFault {
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
