/// Scripts that teach a shell the subcommands and their options.
package enum Completions {
  package static let shells = ["bash", "zsh", "fish"]

  /// The script for a shell, or `nil` for one that is not known.
  package static func script(for shell: String) -> String? {
    switch shell {
    case "bash": bash
    case "zsh": zsh
    case "fish": fish
    default: nil
    }
  }

  private static var bash: String {
    let cases = Command.all.map { command in
      "    \(command.name)) words='\(words(of: command).joined(separator: " "))' ;;"
    }
    return """
      # batchkit: put this into ~/.bashrc:  eval "$(batchkit completions bash)"
      _batchkit() {
        local current="${COMP_WORDS[COMP_CWORD]}" words=''
        if [ "$COMP_CWORD" -eq 1 ]; then
          words='\(Command.all.map(\.name).joined(separator: " ")) --help --version'
        else
          case "${COMP_WORDS[1]}" in
      \(cases.joined(separator: "\n"))
          esac
        fi
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        if [ "${#COMPREPLY[@]}" -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
      }
      complete -o filenames -F _batchkit batchkit
      """
  }

  private static func words(of command: Command) -> [String] {
    command.operands.flatMap(\.choices) + command.listedOptions.map { "--\($0.name)" }
  }

  private static var zsh: String {
    let commands = Command.all.map { "    '\($0.name):\(quoted($0.summary))'" }
    let cases = Command.all.map { command in
      let options = command.listedOptions.map { option in
        let value = option.value.map { ":\($0):\(action(option))" } ?? ""
        return "'--\(option.name)[\(quoted(option.help))]\(value)'"
      }
      let operands = command.operands.enumerated().map { index, operand in
        let action = operand.choices.isEmpty ? "_files" : "(\(operand.choices.joined(separator: " ")))"
        return operand.count == .several
          ? "'*:\(operand.name):\(action)'" : "'\(index + 1):\(operand.name):\(action)'"
      }
      return "    \(command.name)) _arguments \((options + operands).joined(separator: " ")) ;;"
    }
    return """
      #compdef batchkit
      # batchkit: put this into ~/.zshrc:  eval "$(batchkit completions zsh)"
      _batchkit() {
        local -a commands
        commands=(
      \(commands.joined(separator: "\n"))
        )
        if (( CURRENT == 2 )); then _describe 'command' commands; return; fi
        local command="$words[2]"
        shift words
        (( CURRENT-- ))
        case "$command" in
      \(cases.joined(separator: "\n"))
        esac
      }
      compdef _batchkit batchkit
      """
  }

  private static func action(_ option: Option) -> String {
    option.choices.isEmpty
      ? (option.value == "FILE" ? "_files" : "") : "(\(option.choices.joined(separator: " ")))"
  }

  private static var fish: String {
    let commands = Command.all.map { command in
      "complete -c batchkit -n __fish_use_subcommand -a \(command.name) -d '\(quoted(command.summary))'"
    }
    let options = Command.all.flatMap { command in
      command.options.map { option in
        let short = option.short.map { " -s \($0)" } ?? ""
        let value = option.value == nil ? "" : " -r"
        return
          "complete -c batchkit -n '__fish_seen_subcommand_from \(command.name)' -l \(option.name)\(short)\(value)"
          + " -d '\(quoted(option.help))'"
      }
    }
    let common = Option.common.map { option in
      "complete -c batchkit -l \(option.name)\(option.value == nil ? "" : " -r") -d '\(quoted(option.help))'"
    }
    return """
      # batchkit: put this into ~/.config/fish/config.fish:  batchkit completions fish | source
      \((commands + options + common).joined(separator: "\n"))
      """
  }

  /// Without the signs that mean something between single quotes and brackets.
  private static func quoted(_ text: String) -> String {
    text.replacing("'", with: "’").replacing("[", with: "(").replacing("]", with: ")").replacing(
      ":", with: " -")
  }
}
