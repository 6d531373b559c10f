import BatchKit

extension Command {
  static let preview = Command(
    "preview", .steps, "Show the requests that the first rows become.", [.data, .template],
    options: [
      Option("rows", short: "n", "COUNT", "How many rows to show: 3 if not told."), .id, .idTemplate,
      .endpoint, .placeholders,
    ] + Option.sample,
    examples: ["batchkit preview reviews.csv prompt.json -n 1"], reach: .files
  ) { session in
    let rows = try session.arguments.number("rows", in: 1...10_000) ?? 3
    let preview = try session.tableBatch().batch.preview(rows: rows)
    let lines = preview.samples.map { sample -> JSONValue in
      let cells = JSONObject(sample.cells.map { ($0.column, .string($0.text)) })
      return [
        "place": sample.place.map { .string($0) } ?? .null, "row": .object(cells), "request": sample.request,
      ]
    }
    let terminal = session.console.output.style
    let text = preview.text(colored: terminal.hasColor)
    try session.console.tell(.array(lines), terminal.isUnicode ? text : text.asASCII)
    return .done
  }
}
