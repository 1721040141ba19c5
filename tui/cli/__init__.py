"""The command line (CLI.md): one file per noun over the same engine as the screens."""
