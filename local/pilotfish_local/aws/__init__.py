"""An AWS on 127.0.0.1: MiniStack in a process of its own, repaired where it differs from AWS.

This file imports nothing, because `server` runs on an interpreter that has only MiniStack.
"""
