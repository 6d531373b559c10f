import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite struct `A key is found where its owner left it` {
  let store = MemoryStore()

  private func credentials(_ environment: [String: String] = [:]) -> Credentials {
    Credentials(
      environment: ["HOME": "/home/me"].merging(environment) { $1 }, store: store, folder: "/project")
  }

  private func key(_ environment: [String: String] = [:]) throws -> String? {
    try credentials(environment).text(of: .environment("OPENAI_API_KEY"))
  }

  /// Writes a file whose mode is as the store makes it in `mode`.
  private func write(_ text: String, to path: String, _ mode: CreateMode = .exclusive) throws {
    try store.createFolder(path + "/..")
    try store.write(text, to: path, mode)
  }

  @Test func `the environment first, then .env, then the settings file`() throws {
    try write(#"{"OPENAI_API_KEY": "sk-settings"}"#, to: "/home/me/.batchkit/settings.json")
    #expect(try key() == "sk-settings")
    try write("OPENAI_API_KEY=sk-file\n", to: "/project/.env", .exclusiveForUser)
    #expect(try key() == "sk-file")
    #expect(try key(["OPENAI_API_KEY": "sk-env"]) == "sk-env")
    #expect(try key(["OPENAI_API_KEY": "  \n"]) == "sk-file")
  }

  @Test func `a value is taken as it is, none is none`() throws {
    #expect(try credentials().text(of: "sk-literal") == "sk-literal")
    #expect(try credentials().text(of: .value(" sk-copied\r\n")) == "sk-copied")
    #expect(try credentials().text(of: .none) == nil)
  }

  @Test func `a settings file of one's own, under a name of one's own`() throws {
    try write(#"{"theme": 3, "MINE": "sk-mine", "more": {"a": []}}"#, to: "/etc/keys.json")
    #expect(try credentials().text(of: .settings("/etc/keys.json", name: "MINE")) == "sk-mine")
  }

  @Test func `no key anywhere names the three remedies`() throws {
    let error = #expect(throws: BatchError.self) { try key() }
    #expect(error?.code == .missingKey)
    #expect(
      error?.message == """
        No key was found: set the environment variable OPENAI_API_KEY, or write OPENAI_API_KEY=… into \
        /project/.env, or {"OPENAI_API_KEY": "…"} into /home/me/.batchkit/settings.json (and run chmod 600 on it).
        """)
  }

  @Test(arguments: ["", " \n"])
  func `an empty key is no key`(text: String) throws {
    try write(#"{"OPENAI_API_KEY": ""}"#, to: "/home/me/.batchkit/settings.json")
    for act: () throws -> String? in [
      { try credentials().text(of: .value(text)) }, { try key(["OPENAI_API_KEY": text]) },
      { try credentials().text(of: .settings("/home/me/.batchkit/settings.json")) },
      { try credentials().text(of: .settings("/none.json")) },
    ] {
      #expect(#expect(throws: BatchError.self) { _ = try act() }?.code == .missingKey)
    }
  }

  @Test func `a settings file that others can read is refused, with the command that mends it`() throws {
    let path = "/home/me/.batchkit/settings.json"
    try write(#"{"OPENAI_API_KEY": "sk-secret"}"#, to: path, .exclusiveForUser)
    let error = #expect(throws: BatchError.self) { try key() }
    #expect(error?.message == "The settings file \(path) is readable by others; run chmod 600 \(path).")
    #expect(!everythingShown(of: error as Any).contains("sk-secret"))
    // Whoever finds the key earlier never looks there.
    #expect(try key(["OPENAI_API_KEY": "sk-env"]) == "sk-env")
  }

  @Test(arguments: ["", "sk-secret", "[\"sk-secret\"]", "{\"OPENAI_API_KEY\": \"sk-secret", "\"sk-secret\""])
  func `a settings file that is no JSON object is refused without quoting it`(text: String) throws {
    try write(text, to: "/home/me/.batchkit/settings.json")
    let error = #expect(throws: BatchError.self) { try key() }
    #expect(error?.code == .missingKey)
    #expect(error?.message.contains("/home/me/.batchkit/settings.json") == true)
    #expect(!everythingShown(of: error as Any).contains("secret"))
  }

  @Test(arguments: [
    "sk-secret\r\nX-Evil: 1", "sk-\0secret", "sk-\u{1b}[31msecret", "sk secret", "sk-\u{2028}secret",
    "sk-sécret",
    "\u{feff}sk-secret", "sk-\u{7f}secret",
  ])
  func `a key that no header may carry is refused without echoing it`(text: String) throws {
    for act: () throws -> String? in [
      { try credentials().text(of: .value(text)) }, { try key(["OPENAI_API_KEY": text]) },
    ] {
      guard let error = #expect(throws: BatchError.self, performing: { _ = try act() }) else { return }
      #expect(error.code == .missingKey)
      #expect(!everythingShown(of: error).contains("cret"))
    }
  }

  @Test func `a huge .env is not read`() throws {
    try write(String(repeating: "#", count: 2 << 20), to: "/project/.env")
    #expect(#expect(throws: BatchError.self) { try key() }?.code == .unreadableFile)
  }

  @Test func `settings that are no secret come from the environment, else from .env`() throws {
    try write("OPENAI_BASE_URL=http://localhost:8000/v1 # mine\nOPENAI_ORG_ID=\n", to: "/project/.env")
    #expect(try credentials().setting("OPENAI_BASE_URL") == "http://localhost:8000/v1")
    #expect(try credentials(["OPENAI_BASE_URL": "https://x/v1"]).setting("OPENAI_BASE_URL") == "https://x/v1")
    #expect(try credentials().setting("OPENAI_ORG_ID") == nil)
    #expect(try credentials().setting("OPENAI_PROJECT_ID") == nil)
  }

  @Test func `an unreadable .env is a failure, lest the key go to another host than it names`() throws {
    try write("OPENAI_BASE_URL=http://localhost/v1", to: "/project/.env")
    store.beforeEachStep { step in
      if step.kind == .open { throw FileFault.forbidden }
    }
    #expect(throws: BatchError.self) { try credentials().setting("OPENAI_BASE_URL") }
  }
}

@Suite struct `The .env notation` {
  @Test(arguments: [
    ("KEY=abc", "abc"), ("KEY = abc ", "abc"), ("export KEY=abc", "abc"), ("  export\tKEY=abc", "abc"),
    ("KEY='a b # c'", "a b # c"), ("KEY=\"a\\\"b\\n\" # note", "a\"b\n"), ("KEY=\"a\\\\b\"", "a\\b"),
    ("KEY=abc # note", "abc"), ("KEY=abc#def", "abc#def"), ("KEY=# note", ""), ("KEY=", ""), ("KEY=''", ""),
    ("KEY=one\nKEY=two", "two"), ("\u{feff}KEY=abc", "abc"), ("KEY=a=b=c", "a=b=c"),
    ("OTHER=1\r\nKEY=abc\r\n#x", "abc"), ("KEY='it\\n'", "it\\n"), ("KEY=$HOME", "$HOME"),
    ("KEY=a 'b'", "a 'b'"),
  ])
  func `a line that sets the name`(text: String, value: String) {
    #expect(found(text) == value)
  }

  @Test(arguments: [
    "", "# KEY=abc", "KEYS=abc", "MY_KEY=abc", "KEY", "KEY: abc", "exportKEY=abc", "key=abc", "KEY='open",
    "KEY=\"open", "KEY=\"open\\\"", "=abc", "export", "\0KEY=abc",
  ])
  func `a line that does not`(text: String) {
    #expect(found(text) == nil)
  }

  @Test func `bytes that are no text harm nobody`() {
    let bytes = [0xff, 0xfe, 0x0a] + Array("KEY=abc\n".utf8) + [0xc3]
    #expect(DotEnv.value(of: "KEY", in: bytes) == "abc")
  }

  private func found(_ text: String) -> String? { DotEnv.value(of: "KEY", in: Array(text.utf8)) }
}

@Suite struct `No secret shows` {
  private static let secret = "sk-proj-verySecret0123456789"

  @Test func `not by any way of printing a thing that holds it`() throws {
    let url = try #require(URL(string: "https://api.openai.com/v1/batches"))
    let headers: HTTPHeaders = [
      "Authorization": "Bearer \(Self.secret)", "api-key": Self.secret, "X-Goog-Api-Key": Self.secret,
      "Content-Type": "application/json",
    ]
    let holders: [Any] = [
      APIKey.value(Self.secret), APIKey(stringLiteral: Self.secret), headers,
      Credentials(environment: ["OPENAI_API_KEY": Self.secret], store: MemoryStore()),
      HTTPRequest("POST", url, headers: headers), HTTPResponse(status: 200, headers: headers),
    ]
    for holder in holders {
      #expect(!everythingShown(of: holder).contains("verySecret"), "\(type(of: holder))")
    }
    #expect(everythingShown(of: headers).contains("application/json"))
  }

  @Test func `the probe itself sees what is there to be seen`() {
    struct Careless { let key: String }
    #expect(everythingShown(of: Careless(key: Self.secret)).contains("verySecret"))
    #expect(everythingShown(of: [Self.secret]).contains("verySecret"))
  }

  @Test func `a key can't be encoded at all`() {
    let key: Any = APIKey.value(Self.secret)
    let headers: Any = HTTPHeaders()
    #expect(!(key is any Encodable) && !(headers is any Encodable))
  }
}
