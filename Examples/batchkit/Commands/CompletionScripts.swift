extension Command {
  static let completions = Command(
    "completions", .around, "Print a script that completes the words of this program.",
    [Operand("SHELL", "bash, zsh or fish.", choices: Completions.shells)],
    examples: ["eval \"$(batchkit completions bash)\"", "batchkit completions fish | source"], reach: .files
  ) { session in
    try Console.print((Completions.script(for: try session.operand(0)) ?? "") + "\n")
    return .done
  }
}
