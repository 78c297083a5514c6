"""The filter as the kernel would run it, for both architectures: a small reading of its instructions."""

from __future__ import annotations

import errno
import struct

import pytest

from preview_worker.sandbox.filters import INSTRUCTION_BYTES, program
from preview_worker.sandbox.refusals import NO_PROCESSES, REFUSALS
from preview_worker.sandbox.system_calls import NEWEST_NUMBER, NUMBERS, Architecture

X86_64 = Architecture(audit=0xC000003E, column=0)
ARM64 = Architecture(audit=0xC00000B7, column=1)
I386 = 0x40000003
X32 = 0x40000000
ALLOWED, KILLED = "allowed", "killed"
THREAD_FLAGS = 0x003D0F00
FORK_FLAGS = 0x01200011
NEW_USER = 0x10000000
both = pytest.mark.parametrize("architecture", [X86_64, ARM64], ids=["x86_64", "arm64"])


def verdict(instructions, audit, number, *arguments):
    """What the filter says of a call: allowed, killed, or the error's name."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    seen = struct.pack("<IIQ6Q", number, audit, 0, *padded)
    lines = list(struct.iter_unpack("<HBBI", instructions))
    accumulator, place = 0, 0
    while True:
        code, met, unmet, value = lines[place]
        place += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", seen, value)
            case 0x54:
                accumulator &= value
            case 0x15:
                place += met if accumulator == value else unmet
            case 0x25:
                place += met if accumulator > value else unmet
            case 0x06:
                return _meaning(value)
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


def _meaning(value):
    match value & 0xFFFF0000:
        case 0x7FFF0000:
            return ALLOWED
        case 0x80000000:
            return KILLED
        case 0x00050000:
            return errno.errorcode[value & 0xFFFF]
        case _:
            raise AssertionError(f"unknown action {value:#x}")


def of(architecture, name, *arguments, refusals=REFUSALS):
    number = NUMBERS[name][architecture.column]
    return verdict(program(refusals, architecture), architecture.audit, number, *arguments)


@both
def test_program_fits_what_the_kernel_takes(architecture):
    assert len(program((*REFUSALS, *NO_PROCESSES), architecture)) // INSTRUCTION_BYTES < 4096


@both
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.call)
def test_call_fails_when_it_is_refused_without_a_condition(architecture, refusal):
    if refusal.when is None and NUMBERS[refusal.call][architecture.column] is not None:
        assert of(architecture, refusal.call) == errno.errorcode[refusal.code]


@both
def test_call_is_let_through_when_nobody_refuses_it(architecture):
    for name in ("seccomp", "landlock_create_ruleset"):
        assert of(architecture, name) == ALLOWED
    unnamed = set(range(NEWEST_NUMBER + 1)) - {numbers[architecture.column] for numbers in NUMBERS.values()}
    instructions = program(REFUSALS, architecture)
    assert {verdict(instructions, architecture.audit, number) for number in unnamed} == {ALLOWED}


@both
def test_process_is_ended_when_it_calls_by_another_architectures_numbers(architecture):
    assert verdict(program(REFUSALS, architecture), I386, 1) == KILLED


@both
def test_call_is_unknown_when_it_is_newer_than_the_list(architecture):
    instructions = program(REFUSALS, architecture)
    assert verdict(instructions, architecture.audit, NEWEST_NUMBER) == ALLOWED
    for number in (NEWEST_NUMBER + 1, X32 | 59, 0xFFFFFFFF):
        assert verdict(instructions, architecture.audit, number) == "ENOSYS"


@both
def test_process_is_forked_and_threads_start_but_namespaces_are_not_made(architecture):
    assert of(architecture, "clone", FORK_FLAGS) == ALLOWED
    assert of(architecture, "clone", THREAD_FLAGS) == ALLOWED
    assert of(architecture, "clone", FORK_FLAGS | NEW_USER) == "EPERM"


@both
def test_helper_starts_threads_but_no_process(architecture):
    assert of(architecture, "clone", THREAD_FLAGS, refusals=NO_PROCESSES) == ALLOWED
    assert of(architecture, "clone", FORK_FLAGS, refusals=NO_PROCESSES) == "EPERM"


@both
@pytest.mark.parametrize(
    ("family", "kind", "said"),
    [(1, 1, ALLOWED), (1, 0x80801, ALLOWED), (1, 2, "EPERM"), (1, 5, "EPERM"), (2, 1, "EPERM")],
)
def test_only_pairs_of_unix_streams_are_made(architecture, family, kind, said):
    assert of(architecture, "socketpair", family, kind) == said


@both
@pytest.mark.parametrize(("address", "said"), [(0, ALLOWED), (0x7FFF_0000, "EPERM"), (0x7FFF_0000_0000, "EPERM")])
def test_limits_are_read_but_not_set(architecture, address, said):
    assert of(architecture, "prlimit64", 0, 7, address) == said
