"""The pages for other languages say what is true: their files run as they are written."""

from pathlib import Path

import pytest
from languages.conftest import Run, files_of


def test_the_page_of_node_runs(tmp_path: Path, run: Run) -> None:
    """Two test files, each with a server of its own."""
    files = files_of("node", tmp_path)
    assert "# pass 4" in run(["node", "--test", "--test-reporter=tap", *_tests(files)])


def _tests(files: list[str]) -> list[str]:
    return [name for name in files if name.endswith(".test.mjs")]


def test_the_page_of_php_runs(tmp_path: Path, run: Run) -> None:
    """With PHPUnit and curl."""
    files_of("php", tmp_path)
    if run(["php", "-r", "echo extension_loaded('curl') ? 'yes' : 'no';"]) == "no":
        pytest.skip("php has no curl: install php-curl")
    assert "OK (4 tests" in run(["phpunit", "SignUpTest.php"])


def test_the_page_of_ruby_runs(tmp_path: Path, run: Run) -> None:
    """With minitest."""
    files_of("ruby", tmp_path)
    if run(["ruby", "-e", "begin; require 'minitest'; rescue LoadError; print 'no'; end"]) == "no":
        pytest.skip("ruby has no minitest: install ruby-minitest")
    assert "4 runs, 10 assertions, 0 failures, 0 errors" in run(["ruby", "test_sign_up.rb"])


def test_the_page_of_java_runs(tmp_path: Path, run: Run) -> None:
    """With the JDK alone."""
    files = files_of("java", tmp_path)
    run(["javac", "--release", "17", *files])
    assert "4 tests passed" in run(["java", "-cp", ".", "SignUpTest"])
