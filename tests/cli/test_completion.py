"""Shells complete commands, options and the values that leadwire knows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from leadwire.cli import main


def completed(shell: str, line: str) -> list[str]:
    """What *shell* is told for the last word of *line*."""
    words = line.split(" ")
    if shell == "fish":
        variables = {"COMP_WORDS": " ".join(words[:-1]), "COMP_CWORD": words[-1]}
    else:
        variables = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    runner = CliRunner(env={**variables, "_LEADWIRE_COMPLETE": f"{shell}_complete"})
    result = runner.invoke(main, prog_name="leadwire")
    assert result.exit_code == 0
    lines = result.stdout.strip().splitlines()
    if shell == "zsh":
        return [entry.replace("\\:", ":") for entry in lines[1::3]]
    return [entry.partition(",")[2].partition("\t")[0] for entry in lines]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_completes_what_leadwire_knows(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands, options, choices, operations, parameters, profiles and fields."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert completed(shell, "leadwire call --profile ") == []
    file = tmp_path / "leadwire" / "profiles.toml"
    file.parent.mkdir()
    file.write_text('[local]\nhost = "http://127.0.0.1:9"\n[live]\nhost = "api.example.com"\n')
    file.chmod(0o600)
    for line, wanted in {
        "leadwire lo": ["login", "logout"],
        "leadwire calls ve": ["verify"],
        "leadwire calls search --api": ["--api-type"],
        "leadwire call Users.Get --pace enter": ["enterprise"],
        "leadwire call lead.cr": ["Lead.Create"],
        "leadwire call Lead.Update --param le": ["leadId="],
        "leadwire call Users.Get --profile ": ["local", "live"],
        "leadwire logout --profile lo": ["local"],
        "leadwire calls search --q stat": ["status:"],
        "leadwire calls search --q (excep": ["(exception:"],
        "leadwire import x.csv --search-by emaila": ["EmailAddress"],
        "leadwire import x.csv --map Mail=emaila": ["Mail=EmailAddress"],
        "leadwire export leads --columns Phone,mob": ["Phone,Mobile"],
    }.items():
        assert wanted == [name for name in completed(shell, line) if name in wanted], line
    file.write_text("broken")
    assert completed(shell, "leadwire call --profile ") == []


def test_bash_completes_with_the_line_of_the_documentation() -> None:
    """The generated script works in a real shell."""
    script = (
        'eval "$(_LEADWIRE_COMPLETE=bash_source leadwire)"\n'
        "COMP_WORDS=(leadwire log); COMP_CWORD=1; _leadwire_completion leadwire\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    finished = subprocess.run(  # noqa: S603  # our own command
        ["bash", "-c", script],  # noqa: S607  # whichever bash there is
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert finished.stdout.split() == ["login", "logout"], finished.stderr
