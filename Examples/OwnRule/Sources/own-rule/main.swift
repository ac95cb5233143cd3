import LLSCommands

var commandLine = LLSCommandLine(name: "own-rule")
commandLine.rules.append(Walsh())
commandLine.optimizers.append(LionKind())
commandLine.architectures.append(.wide)
commandLine.datasets.append(.photographs)
commandLine.run()
