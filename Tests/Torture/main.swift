import BatchKit

switch CommandLine.arguments.dropFirst().first {
case "fuzz": try fuzz(Array(CommandLine.arguments.dropFirst(2)))
case "walk": try walk(Array(CommandLine.arguments.dropFirst(2)))
default: print("torture fuzz [--rounds N] [--seed S] [FILE…] | walk TABLE…")
}
