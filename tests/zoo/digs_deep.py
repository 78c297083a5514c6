"""Makes 1500 folders within one another where its results belong."""

import os
import sys
from pathlib import Path

from hello import greet, say

greet()
os.chdir("out/files")
for _ in range(1500):
    Path("deep").mkdir()
    os.chdir("deep")
say("Finished", stages_ms={"plan": 1})
sys.stdin.readline()
