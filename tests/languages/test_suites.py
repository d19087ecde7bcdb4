"""The test-suite of a pretend integration, in Python and in Node, runs in parallel without a sleep.

Each test has an account of its own. Time is frozen and moved, every kind of fault is provoked, and
recorded calls and deliveries are asserted on.
"""

import re
import shutil
from pathlib import Path

import pytest
from languages.conftest import Run, files_of

from leadwire.controls.faults import Kind

SUITES = Path(__file__).parent / "suites"
KINDS = set(Kind.__args__)  # type: ignore[attr-defined]  # of a Literal
pytest_plugins = ["pytester"]


@pytest.mark.parametrize("suite", ["signing_up.py", "faults.test.mjs"])
def test_a_suite_provokes_every_kind_of_fault_and_never_sleeps(suite: str) -> None:
    """A new kind belongs into both suites."""
    text = (SUITES / suite).read_text()
    assert {kind for kind in KINDS if re.search(rf"\b{kind}\b", text)} == KINDS
    assert not re.search(r"sleep|setTimeout", text)


def test_the_suite_in_python_runs_on_two_workers(pytester: pytest.Pytester) -> None:
    """pytest-xdist: a server a worker, an account a test."""
    shutil.copy(SUITES / "signing_up.py", pytester.path / "test_signing_up.py")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=16)


def test_the_suite_in_node_runs_concurrently(tmp_path: Path, run: Run) -> None:
    """``node --test``: a server a file, an account a test, and the tests of a file at once."""
    files_of("node", tmp_path)
    for suite in SUITES.glob("*.mjs"):
        shutil.copy(suite, tmp_path)
    output = run(["node", "--test", "--test-reporter=tap", "faults.test.mjs", "time.test.mjs"])
    assert "# pass 15" in output
