"""Answers a command with a failure, as it should."""

import sys

from hello import greet, say

greet()
say("Failed", code="asset-undecodable", sentence="The file can't be decoded.", retryable=False, hint="Export it again.")
sys.stdin.readline()
