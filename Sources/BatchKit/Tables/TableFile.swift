/// A file that a table is read from, and what messages call it.
///
/// Formats open it anew for each walk and never learn whether it lies on a disk, in the memory of a test, or
/// was piped in.
struct TableFile: Sendable {
  let path: String
  /// The path, or words for what has none.
  let name: String
  let store: any FileStore
  /// Where the file is, if it is only there for this table.
  ///
  /// It is deleted with the last copy of this value, so with the table.
  private let folder: TemporaryFolder?

  init(path: String, store: any FileStore) {
    self.path = path
    name = path
    self.store = store
    folder = nil
  }

  /// What is piped into the program, saved to a private file for as long as the table lives.
  ///
  /// A pipe can be read once, a table is read several times; so all of it goes to the disk first. Memory
  /// stays flat, and the file is for the user's eyes alone.
  init(_ input: StandardInput, store: any FileStore) throws(BatchError) {
    let folder = TemporaryFolder(store: store)
    try store.createFolder(folder.path)
    path = "\(folder.path)/input"
    name = "the standard input"
    self.store = store
    self.folder = folder
    try input.spill(to: path, in: store)
  }

  func open() throws(BatchError) -> any ReadableFile { try store.open(path) }
}

extension Table {
  /// How the rows of a file are written.
  ///
  /// Given only where the name of the file doesn't tell, or tells wrongly: `try Table(path: "export.txt",
  /// format: .csv)`.
  public enum Format: String, Sendable, Hashable, CaseIterable {
    /// Cells parted by commas, semicolons, bars or tabs; the first line tells by which.
    ///
    /// It is the CSV of RFC 4180, in UTF-8, or in UTF-16 where a mark says so. Lines end with LF, CRLF or CR;
    /// within quotes they are kept as they are. Where programs differ, this is what holds here:
    /// - A blank line is no row, not even in a file of one column; there an empty cell is written `""`.
    /// - A quote opens a cell only at its very beginning. Inside plain text it is text: `5" pipe`.
    /// - Text behind a closing quote is the row's ``Row/problem``, where other programs guess. A backslash
    ///   escapes nothing: a quote inside quotes is doubled.
    /// - Space around a cell belongs to it, and no line is a comment.
    case csv
    /// Cells parted by tabs, and otherwise as in CSV.
    ///
    /// A cell that begins with a quote is quoted here too, as spreadsheets write it. Files that never quote,
    /// and begin a cell with a quote that is text, are told as problems of their rows.
    case tsv
    /// A JSON object on each line.
    case jsonLines = "jsonl"
    /// One JSON array of objects.
    case json
    /// A sheet of an Excel workbook, whichever program wrote it.
    ///
    /// What a prompt gets is what the cell says, without the dress that a number format puts on it:
    /// - A whole number is written with all its digits, any other in up to fifteen, as spreadsheets show
    ///   them: `0.3`, not `0.30000000000000004`; `0.25` where the sheet shows 25 %, `1234.5` where it shows
    ///   $1,234.50.
    /// - A day or a time is written as `2026-03-01 13:45:00`, with the parts that its format shows, in
    ///   whatever order the format has them. A time beyond a day, under a format such as `[h]:mm`, is
    ///   `30:15:00`. A negative number is no moment and stays a number.
    /// - A formula is its last result, be it an error such as `#N/A`; one that was never calculated is the
    ///   row's ``Row/problem``.
    /// - A text that is styled in parts is one text, with the space at its ends; how it is pronounced is left
    ///   out.
    /// - Hidden rows, columns and sheets are read like others. Of cells that are merged the first has the
    ///   text; what others hold beneath it, which the sheet does not show, is there as well.
    /// - A row where no cell holds anything is passed over, as a blank line of CSV is.
    case xlsx

    /// The format by the ending of a file's name.
    /// - Throws: ``BatchError`` for any other ending. To guess by content would now and then guess wrongly,
    ///   and a name is soon given.
    package init(ofName path: String) throws(BatchError) {
      switch path.split(separator: ".").last?.lowercased() {
      case "csv": self = .csv
      case "tsv", "tab": self = .tsv
      case "jsonl", "ndjson": self = .jsonLines
      case "json": self = .json
      case "xlsx", "xlsm": self = .xlsx
      default: throw .unknownFormat(path)
      }
    }

    /// The format by the first bytes of a file without a name.
    ///
    /// A brace begins a line of JSON, a bracket an array, `PK` a workbook; all else is taken for CSV, whose
    /// delimiter its first line tells.
    init(ofContent file: TableFile) throws(BatchError) {
      let bytes = try file.open().read(at: 0, count: 1024)
      let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
      switch start.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
      case UInt8(ascii: "["): self = .json
      case UInt8(ascii: "{"): self = .jsonLines
      default: self = start.starts(with: [0x50, 0x4B, 3, 4]) ? .xlsx : .csv
      }
    }
  }

  /// What becomes of a row with more or fewer cells than there are columns.
  ///
  /// Most ragged rows come of a quote or a delimiter that went wrong, and their cells stand under the wrong
  /// names. So the strict rule is the default, and the lenient one for files that are known to leave out
  /// their last cells.
  public enum RaggedRows: Sendable, Hashable {
    /// The row has a ``Row/problem``.
    ///
    /// No cell is dropped or moved; a batch that is made of the table reports the row before anything is
    /// sent.
    case strict
    /// Cells that are missing are empty, and cells too many are columns of that row: `column_4`.
    case lenient
  }

  /// A sheet of a workbook, by the name on its tab or by its number from the left.
  ///
  /// Written as a literal, `sheet: "March"` or `sheet: 2`, or held in a `String` or an `Int`.
  public enum Sheet: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    /// The sheet with this name on its tab; case does not matter.
    case named(String)
    /// The sheet that stands at this place, counted from 1.
    ///
    /// Hidden sheets count, so that the number does not change with what is shown.
    case number(Int)

    /// A name written as a literal.
    public init(stringLiteral value: String) { self = .named(value) }
    /// A number written as a literal.
    public init(integerLiteral value: Int) { self = .number(value) }
  }
}

extension BatchError {
  fileprivate static func unknownFormat(_ path: String) -> Self {
    Self(
      .invalidTable,
      "\(path) is no table by its name; name it .csv, .tsv, .jsonl, .json or .xlsx, or give its format.")
  }
}
