/// The name that was probably meant by one that is not there: the nearest in letters, if it is near at all.
package func nearestName(to name: String, among names: [String]) -> String? {
  let wanted = Array(name.lowercased().prefix(64))
  let reach = max(1, wanted.count / 3)
  let distances = names.map { (name: $0, distance: distance(wanted, Array($0.lowercased().prefix(64)))) }
  return distances.filter { $0.distance <= reach }.min { $0.distance < $1.distance }?.name
}

/// How many letters must be put in, taken out or exchanged to turn one word into the other.
private func distance(_ left: [Character], _ right: [Character]) -> Int {
  var row = Array(0...right.count)
  for (i, letter) in left.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in right.enumerated() {
      let exchanged = diagonal + (letter == other ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(exchanged, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[right.count]
}
