"""The draft voice: speech for steps that nobody has recorded yet, by eSpeak NG where the extra `voice` is installed.

eSpeak NG is under the GPL: nothing but the process that speaks loads it, and all else works without it.
"""
