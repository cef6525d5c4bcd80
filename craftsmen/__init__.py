"""Craftsmen (工匠选树): selection of 密云工匠 and 密云能手, honours, and their public gallery."""
