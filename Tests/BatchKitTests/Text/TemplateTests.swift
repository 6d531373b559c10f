import BatchKit
import Foundation
import Testing

private let columns = ["id", "Product Name", "text", "empty"]
private let cells = ["7", "Lamp", "a {{id}} \"b\"\n", ""]

private func fill(_ template: Template) throws -> String {
  try template.bound(to: ColumnNames(columns, source: "x.csv")).text(from: Fields(cells))
}

@Suite struct `A template is filled from a row` {
  @Test(arguments: [
    ("plain", "plain"),
    ("", ""),
    ("{{id}}", "7"),
    ("r-{{id}}-{{id}}", "r-7-7"),
    ("{{ID}} {{ id }} {{\tproduct name\n}}", "7 7 Lamp"),
    ("[{{empty}}]", "[]"),
    ("{{text}}", "a {{id}} \"b\"\n"),
    ("{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 1}}"),
    ("{ {id} }", "{ {id} }"),
    ("{{{{id}}", "{{id}}"),
    ("{{{id}}}", "{7}"),
    ("{{{{{{id}}", "{{7"),
    ("{{{{{{{{", "{{{{"),
    ("}} {{id}} }}", "}} 7 }}"),
    ("é{{id}}😀", "é7😀"),
  ])
  func `text and cells stand where they should`(_ template: String, _ filled: String) throws {
    #expect(try fill(Template(template)) == filled)
  }

  @Test func `a name may be of any letters when it is given as a column`() throws {
    let names = try ColumnNames(["a}}b"], source: "x.csv")
    #expect(try Template(column: "a}}b").bound(to: names).text(from: Fields(["1"])) == "1")
  }

  @Test(arguments: [
    ("jion", "join"), ("wiat", "wait"), ("Prodcut", "product"), ("status", "status"), ("staus", "status"),
    ("ab", "ba"), ("nothing", nil), ("", nil),
  ]) func `two letters that changed places are one slip`(typed: String, meant: String?) {
    let names = ["join", "wait", "product", "status", "ba"]
    #expect(nearestName(to: typed, among: names) == meant)
  }

  @Test func `an unknown column is refused with the columns and the nearest of them`() throws {
    #expect {
      try fill("{{prodct name}}")
    } throws: {
      "\($0)"
        == "There is no column “prodct name” in x.csv, whose columns are id, Product Name, text, empty; "
        + "did you mean “Product Name”?"
    }
    #expect { try fill("{{zzzzzzzzz}}") } throws: { !"\($0)".contains("did you mean") }
  }

  @Test(arguments: ["{{id", "a {{", "{{}}", "{{  }}", "{{id}} {{{"])
  func `what is no template is refused when it is used`(_ text: String) {
    #expect { try fill(Template(text)) } throws: { ($0 as? BatchError)?.code == .invalidTemplate }
  }

  @Test func `the columns of a template are told in order`() {
    #expect(Template("{{b}} {{ a }} {{b}}").columns == ["b", "a", "b"])
  }

  @Test func `any text at all is a template or is refused`() throws {
    var dice = SplitMix(seed: 5)
    for _ in 0..<1000 {
      let text = String(
        decoding: dice.bytes(Int.random(in: 0..<14, using: &dice), of: Array("{{}}id é".utf8)), as: UTF8.self)
      do { _ = try fill(Template(text)) } catch { #expect(error is BatchError) }
    }
  }
}

@Suite struct `Placeholders may be written in other ways` {
  @Test(
    arguments: [
      ("[id] [ PRODUCT name ]: [text]", .brackets, "7 Lamp: a {{id}} \"b\"\n"),
      ("[[id] is [id], {{id}} {id}", .brackets, "[id] is 7, {{id}} {id}"),
      ("[[[id]]] [] [ ] [\"x\"] a[1\n]", .brackets, "[7]] [] [ ] [\"x\"] a[1\n]"),
      ("open ] and [id", .brackets, "open ] and [id"),
      ("{id}-{Id}", .braces, "7-7"),
      ("{\"a\": {\"b\": \"{id}\"}}", .braces, "{\"a\": {\"b\": \"7\"}}"),
      ("{{id} is {id}; { } {}", .braces, "{id} is 7; { } {}"),
      ("{empty}[empty]", .braces, "[empty]"),
      ("{{id}} {id} [id]", .mustache, "7 {id} [id]"),
    ] as [(String, Placeholders, String)])
  func `by choice, and what can't be a name is text`(_ text: String, _ style: Placeholders, _ filled: String)
    throws
  {
    #expect(try fill(Template(text, placeholders: style)) == filled)
  }

  @Test(arguments: ["[id] {{id}} [[x] {", "{{{[id]}}}", "{[id]", "{{{{[id]{{", "[ID]: {\"a\": 1}", "plain"])
  func `what is written in brackets means the same in braces`(_ text: String) throws {
    let template = Template(text, placeholders: .brackets)
    #expect(try fill(Template(template.mustacheText)) == fill(template))
  }

  @Test func `a whole request may be written in other placeholders`() throws {
    let template = try RequestTemplate(
      parsing:
        #"{"custom_id":"r-{id}","url":"/v1/embeddings","body":{"model":"m","input":["{text} {{id}"]}}"#,
      placeholders: .braces)
    var batch = Batch(template)
    batch.add(contentsOf: try Table(columns: ["id", "text"], rows: [["1", "\"x\""]]))
    var lines: [String] = []
    try batch.render { lines.append(String(decoding: $0.bytes, as: UTF8.self)) }
    #expect(
      lines == [
        #"{"custom_id":"r-1","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":["\"x\" {id}"]}}"#
          + "\n"
      ])
  }

  @Test(arguments: Placeholders.allCases)
  func `an unknown column is refused in all of them`(_ style: Placeholders) {
    let text = [.mustache: "{{ide}}", .brackets: "[ide]", .braces: "{ide}"][style] ?? ""
    #expect { try fill(Template(text, placeholders: style)) } throws: {
      "\($0)".contains("did you mean “id”?")
    }
  }

  @Test func `any text at all is a template, or names a column that is not there`() {
    var dice = SplitMix(seed: 6)
    for style in [Placeholders.brackets, .braces] {
      for _ in 0..<500 {
        let text = String(
          decoding: dice.bytes(Int.random(in: 0..<14, using: &dice), of: Array("{[]}\"\né".utf8)),
          as: UTF8.self)
        do { _ = try fill(Template(text, placeholders: style)) } catch {
          #expect("\(error)".hasPrefix("There is no column"))
        }
      }
    }
  }

  @Test(arguments: [
    (Template("a {{id}}"), #""a {{id}}""#),
    (Template("[id]", placeholders: .brackets), #"{"placeholders":"brackets","text":"[id]"}"#),
    (Template(column: "a}}b"), #"{"column":"a}}b"}"#),
  ])
  func `a template is kept in a file and read from it`(_ template: Template, _ json: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(template)
    #expect(String(decoding: data, as: UTF8.self) == json)
    #expect(try JSONDecoder().decode(Template.self, from: data) == template)
  }
}

@Suite struct `Columns go by name` {
  @Test func `an exact name wins over a similar one, and a doubtful one is none`() throws {
    let names = try ColumnNames(["ID", "id", "Text"], source: "x.csv")
    #expect(names.place(of: "ID") == 0)
    #expect(names.place(of: "id") == 1)
    #expect(names.place(of: "Id") == nil)
    #expect(names.place(of: " TEXT ") == 2)
  }

  @Test func `a blank name is numbered`() throws {
    #expect(try ColumnNames(["a", "", " "], source: "x.csv").names == ["a", "column_2", "column_3"])
  }

  @Test func `a doubled name is refused with both places`() {
    #expect {
      _ = try ColumnNames(["a", "b", "a "], source: "x.csv")
    } throws: {
      "\($0)" == "Columns 1 and 3 of x.csv are both named “a”; give one of them another name."
    }
  }
}
