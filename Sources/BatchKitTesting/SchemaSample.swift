import BatchKit

/// A made-up answer in the JSON Schema that a request asks for, so that typed programs run without a model.
///
/// It knows what the library's own schemas are made of. Of bounds it heeds the least value and the least
/// number of items, and of patterns none.
struct SchemaSample {
  private let root: JSONValue
  private var prompt: String

  /// How deep a schema that refers to itself is followed.
  private static let deepest = 6

  /// The sample for `request`; `nil` where it asks for no schema.
  init?(of request: ScriptedRequest) {
    let chat = request.body["response_format"]["json_schema"]["schema"]
    let schema = chat.isNull ? request.body["text"]["format"]["schema"] : chat
    guard schema.object != nil else { return nil }
    root = schema
    prompt = request.prompt
  }

  /// The sample as an answer; of a request about several rows, one for each of them.
  var reply: ScriptedReply {
    guard let rows = packedRows else { return .text(value(for: root, depth: 0).description) }
    let value = root["properties"]["rows"]["items"]["properties"]["value"]
    let answers = rows.map { row -> JSONValue in
      var alone = self
      alone.prompt = row["text"].string ?? ""
      return ["row": row["row"], "value": alone.value(for: value, depth: 0)]
    }
    let list: JSONValue = ["rows": .array(answers)]
    return .text(list.description)
  }

  /// The rows that the request is about, where several were put into it: a list of keys and texts, which ends
  /// the prompt, and a schema that asks for a value by each key.
  private var packedRows: [JSONValue]? {
    let entry = root["properties"]["rows"]["items"]["properties"]
    guard entry["row"].object != nil, entry["value"].object != nil, let start = prompt.firstIndex(of: "[")
    else { return nil }
    do throws(JSONFault) {
      return try JSONValue.parse(Array(prompt[start...].utf8)).array
    } catch {
      return nil  // a prompt that only looks like one
    }
  }

  /// A value of the schema: of several schemas the first, of a list of values one that hangs on the prompt,
  /// so that rows differ.
  private func value(for schema: JSONValue, depth: Int) -> JSONValue {
    if let constant = schema.object?["const"] { return constant }
    if let choices = schema["enum"].array, !choices.isEmpty {
      return choices[prompt.utf8.count % choices.count]
    }
    if let reference = schema["$ref"].string {
      return depth < Self.deepest ? value(for: resolve(reference), depth: depth + 1) : nil
    }
    for key in ["anyOf", "oneOf", "allOf"] {
      if let first = schema[key].array?.first { return value(for: first, depth: depth + 1) }
    }
    return value(ofType: typeName(of: schema), in: schema, depth: depth)
  }

  /// The type that the schema asks for; of several the first that is not null.
  private func typeName(of schema: JSONValue) -> String? {
    schema["type"].string ?? schema["type"].array?.compactMap(\.string).first { $0 != "null" }
  }

  /// A value of this type, no less than its `minimum` where it has one.
  private func value(ofType name: String?, in schema: JSONValue, depth: Int) -> JSONValue {
    switch name {
    case "object":
      let properties = schema["properties"].object ?? [:]
      return .object(JSONObject(properties.map { ($0.key, value(for: $0.value, depth: depth + 1)) }))
    case "array":
      guard depth < Self.deepest, !schema["items"].isNull else { return [] }
      let element = value(for: schema["items"], depth: depth + 1)
      return .array(Array(repeating: element, count: max(1, min(100, schema["minItems"].int ?? 1))))
    case "string": return .string(text(in: schema["format"].string))
    case "integer": return .number(JSONNumber(schema["minimum"].int ?? 1))
    case "number": return .number(JSONNumber(schema["minimum"].double ?? 0.5))
    case "boolean": return true
    default: return nil
    }
  }

  /// A text in this format; the prompt where any will do, so that answers differ.
  private func text(in format: String?) -> String {
    switch format {
    case "date-time": "2026-01-01T00:00:00Z"
    case "date": "2026-01-01"
    case "time": "00:00:00Z"
    case "uuid": "00000000-0000-4000-8000-000000000000"
    case "email": "someone@example.org"
    case "uri": "https://example.org/"
    default: prompt
    }
  }

  /// The schema that a reference into the same document points at.
  private func resolve(_ reference: String) -> JSONValue {
    reference.split(separator: "/").dropFirst().reduce(root) { (schema: JSONValue, key: Substring) in
      schema[String(key).replacing("~1", with: "/").replacing("~0", with: "~")]
    }
  }
}
