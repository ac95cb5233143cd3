import LLSCommands

LLSCommandLine().run()
