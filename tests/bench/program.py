"""The benchmark's C programs: the client that is the floor, the server that is no limit."""

import shutil
import subprocess
from pathlib import Path

__all__ = ["compile_program"]


def compile_program(source: Path, folder: Path) -> Path:
    """Compile a program against libssh.

    Args:
        source: A C file.
        folder: Where the program goes, under the name of its source.

    Returns:
        The program.

    Raises:
        FileNotFoundError: There is no C compiler.
        RuntimeError: It cannot be compiled; most likely libssh's headers are missing.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("a C compiler is needed: apt-get install gcc libssh-dev")
    program = folder / source.stem
    built = subprocess.run(
        [
            compiler,
            "-O2",
            "-Wno-deprecated-declarations",
            "-o",
            program,
            source,
            "-lssh",
            "-lpthread",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        raise RuntimeError(f"{source.name}: {built.stderr}\nthe fix: apt-get install libssh-dev")
    return program
