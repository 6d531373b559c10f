/// The name that was probably meant by one that is not there: the nearest in letters, if it is near at all.
package func nearestName(to name: String, among names: [String]) -> String? {
  let wanted = Array(name.lowercased().prefix(64))
  let reach = max(1, wanted.count / 3)
  let distances = names.map { (name: $0, distance: distance(wanted, Array($0.lowercased().prefix(64)))) }
  return distances.filter { $0.distance <= reach }.min { $0.distance < $1.distance }?.name
}

/// How many letters must be put in, taken out, exchanged or swapped with their neighbour to turn one word
/// into the other.
///
/// A swap counts once: `jion` is as near to `join` as a word with one wrong letter is.
private func distance(_ left: [Character], _ right: [Character]) -> Int {
  var (last, row) = (Array(0...right.count), Array(0...right.count))
  for (i, letter) in left.enumerated() {
    var next = [i + 1]
    next.reserveCapacity(row.count)
    for (j, other) in right.enumerated() {
      var steps = min(row[j] + (letter == other ? 0 : 1), next[j] + 1, row[j + 1] + 1)
      if i > 0, j > 0, letter == right[j - 1], other == left[i - 1] { steps = min(steps, last[j - 1] + 1) }
      next.append(steps)
    }
    (last, row) = (row, next)
  }
  return row[right.count]
}
