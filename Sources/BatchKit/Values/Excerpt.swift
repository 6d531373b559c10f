extension String {
  /// The beginning of the text, so many characters of it.
  ///
  /// An ellipsis shows that something was left out. Whatever comes out of a file is shortened before it
  /// stands in a sentence for people: the name of a column can be a megabyte long, by a quote that was never
  /// closed or by malice, and the sentence has to stay one.
  package func shortened(_ length: Int) -> String {
    let head = prefix(length)
    // One character may have any number of marks on it.
    guard head.utf8.count <= 4 * length else {
      return String(decoding: head.utf8.prefix(4 * length), as: UTF8.self) + "…"
    }
    return head.endIndex == endIndex ? self : head + "…"
  }
}
