import BatchKit

/// Reads each table from front to back and tells how long that took.
///
/// Run it under `/usr/bin/time -v` to see how much memory it needs, whatever the size of the file.
func walk(_ paths: ArraySlice<String>) throws {
  for path in paths {
    var (rows, problems, bytes) = (0, 0, 0)
    let time = try ContinuousClock().measure {
      for row in try Table(path: path) {
        rows += 1
        problems += row.problem == nil ? 0 : 1
        bytes += row.fields.bytes.count
      }
    }
    print("\(path): \(rows) rows, \(problems) with a problem, \(bytes) bytes of text in \(time)")
  }
}
