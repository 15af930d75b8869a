"""Ask models about clips, and judge the answers."""
