"""The notebooks run from top to bottom, in a process each, as `jupyter execute` would; without Jupyter, which adds nothing
to that."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import PACKAGE

NOTEBOOKS = Path(PACKAGE / "__init__.py").resolve().parents[1] / "notebooks"


def code_of(notebook):
    document = json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text(encoding="utf-8"))
    assert document["nbformat"] == 4
    cells = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells), "commit without outputs"
    # A cell's last expression is shown: here printed.
    lines = [
        "import ast",
        "def run(cell):",
        "    tree = ast.parse(cell)",
        "    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None",
        "    exec(compile(tree, 'cell', 'exec'), globals())",
        "    if last is not None:",
        "        print(eval(compile(ast.Expression(last.value), 'cell', 'eval'), globals()))",
    ]
    return "\n".join(lines + [f"run({''.join(cell['source'])!r})" for cell in cells])


def test_every_notebook_is_here():
    assert {n.stem for n in NOTEBOOKS.glob("*.ipynb")} == {"first_agent", "sb3_against_rc_ppo", "analyse_results"}


def small(code):
    """Fewer episodes and splits, shorter trainings, bounds for exact policies: figures for people to look at need not be good here."""
    assert "synthetic:200" in code and "[budgets]" in code
    bounded = "[evaluation]\\noracle_nodes = 2000\\n[budgets]"  # in the source of a string
    for usual, less in (("synthetic:200", "synthetic:40"), ("[budgets]", bounded), ("folds = 3", "folds = 2"), ("seeds = [0, 1, 2]", "seeds = [0, 1]"),
                        ("steps = 6000", "steps = 2048"), ("curve_every = 2000", "curve_every = 1024"), ("STEPS = 8192 ", "STEPS = 2048 ")):
        code = code.replace(usual, less)
    return code


@pytest.mark.parametrize("notebook", ["sb3_against_rc_ppo", "analyse_results"])
def test_runs(notebook, tmp_path):
    out = subprocess.run([sys.executable, "-c", small(code_of(notebook))], cwd=tmp_path, capture_output=True, text=True)
    print(out.stdout)
    assert out.returncode == 0, out.stderr
    if notebook == "sb3_against_rc_ppo":
        assert "decisions only" in out.stdout and "beats one of rc-ppo with probability" in out.stdout


def test_first_agent(tmp_path):
    out = subprocess.run([sys.executable, "-c", small(code_of("first_agent"))], cwd=tmp_path, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert "my-agent" in out.stdout
