"""The files for CI systems: valid by their vendors' schemas, and their scripts do what they say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML is missing; it comes with pre-commit")

ROOT = Path(__file__).parent.parent
FILES = {
    "action.yml": ("vendor.github-actions",),
    "examples/ci/github.yml": ("vendor.github-workflows",),
    "examples/ci/gitlab.yml": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
    "examples/ci/gitlab-parallel.yml": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
}


def checked(file, schema, *options):
    """check-jsonschema, with the schemas that it carries along: nothing is downloaded."""
    pytest.importorskip("check_jsonschema", reason="pip install check-jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *options, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", FILES)
def test_the_vendors_schema_accepts_it(name):
    done = checked(ROOT / name, *FILES[name])

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("action.yml", "using: composite", "using: magic"),
        ("action.yml", "shell: bash", "shell: [bash]"),
        ("examples/ci/github.yml", "runs-on", "runs_on"),
        ("examples/ci/gitlab.yml", "junit: reports/junit.xml", "junit: {}"),
    ],
)
def test_the_twin_a_broken_copy_is_refused(tmp_path, name, before, after):
    text = (ROOT / name).read_text("utf-8")
    assert before in text
    broken = tmp_path / "file.yml"
    broken.write_text(text.replace(before, after), "utf-8")

    assert checked(broken, *FILES[name]).returncode == 1


class TestPreCommit:
    """Read by pre-commit itself."""

    def check(self, kind, file):
        pytest.importorskip("pre_commit", reason="pip install pre-commit")
        command = [sys.executable, "-m", "pre_commit", f"validate-{kind}", str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).returncode

    def test_manifest_and_example_are_valid(self, tmp_path):
        assert self.check("manifest", ".pre-commit-hooks.yaml") == 0
        assert self.check("config", "examples/ci/pre-commit.yaml") == 0
        broken = tmp_path / "hooks.yaml"
        broken.write_text((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8").replace("entry:", "enter:"))
        assert self.check("manifest", broken) == 1

    def test_the_example_names_a_hook_that_there_is(self):
        hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
        config = yaml.safe_load((ROOT / "examples/ci/pre-commit.yaml").read_text("utf-8"))

        assert {hook["id"] for repo in config["repos"] for hook in repo["hooks"]} <= hooks

    @pytest.mark.parametrize(
        ("file", "fits"),
        [
            ("formulas.py", True),
            ("src/formulas/dense.py", True),
            ("layer_formulas.py", True),
            ("src/dense.py", False),
            ("formulas.txt", False),
        ],
    )
    def test_which_files_are_formulas_by_name(self, file, fits):
        for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))[:2]:
            assert bool(re.search(hook["files"], file)) == fits

    def test_which_files_are_notes_by_name(self):
        hook = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))[2]
        assert hook["entry"] == "gradcheck notes"
        assert re.search(hook["files"], "docs/derivations/layer.md")
        assert not re.search(hook["files"], "README.md")

    def test_the_hook_fails_on_a_wrong_gradient_and_names_it(self, formulas):
        (hook, *_) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
        words = hook["entry"].split()
        assert words[0] == "gradcheck"

        command = [sys.executable, "-m", *words, "--max-examples", "6"]
        told = {"cwd": formulas, "capture_output": True, "text": True}
        good = subprocess.run([*command, "good.py"], check=False, **told)
        bad = subprocess.run([*command, "good.py", "bad.py"], check=False, **told)

        assert (good.returncode, bad.returncode) == (0, 1)
        assert "twice.vjp" in bad.stdout


WRONG_NOTE = r"""<!-- gradcheck
W: n m; x: m
-->
$J = x^\top x$

$\frac{\partial J}{\partial x} = 3 x$
"""

FORMULA = """
import gradcheck


@gradcheck.formula(shapes={"x": "n"})
def NAME(x):
    return x * x


@NAME.vjp
def backward(delta, x):
    return FACTOR * delta * x
"""


@pytest.fixture
def formulas(tmp_path):
    """A folder with a right and a wrong file of formulas."""
    (tmp_path / "good.py").write_text(FORMULA.replace("NAME", "square").replace("FACTOR", "2"))
    (tmp_path / "bad.py").write_text(FORMULA.replace("NAME", "twice").replace("FACTOR", "3"))
    return tmp_path


@pytest.mark.skipif(shutil.which("bash") is None, reason="the action's steps are bash scripts")
class TestAction:
    """The steps of action.yml after the installation, run as GitHub runs them."""

    def run(self, folder, **inputs):
        action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        given = {name: one["default"] for name, one in action["inputs"].items()} | inputs
        outputs, summary = folder / "output", folder / "summary.md"
        outputs.touch()
        summary.touch()
        self.printed = printed = []

        def value(text):
            text = re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda m: given[m[1]], text)
            told = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
            return re.sub(r"\$\{\{ steps\.verify\.outputs\.([a-z-]+) \}\}", lambda m: told[m[1]], text)

        for step in action["runs"]["steps"][1:]:
            assert "${{" not in step["run"], "inputs must not be pasted into a script"
            if step.get("if") == "inputs.summary == 'true'" and given["summary"] != "true":
                continue
            environment = os.environ | {
                **{name: value(text) for name, text in step["env"].items()},
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_STEP_SUMMARY": str(summary),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            }
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=folder, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            printed.append(done.stdout)
            if done.returncode:
                break
        return done.returncode, outputs.read_text(), summary.read_text()

    def test_a_right_file(self, formulas):
        code, outputs, summary = self.run(formulas, claims="good.py", options="--max-examples 6\n--seed 3")

        assert (code, outputs) == (0, "exit-code=0\n")
        assert summary.startswith("## ✅ gradcheck")
        assert "seed 3, at most 6 points" in summary
        assert (formulas / "reports" / "junit.xml").exists()

    def test_a_wrong_file_fails_the_job_after_it_was_shown(self, formulas):
        code, outputs, summary = self.run(
            formulas, claims="*.py", options="--max-examples 6", **{"report-dir": "my reports"}
        )

        assert (code, outputs) == (1, "exit-code=1\n")
        assert summary.startswith("## ❌ gradcheck")
        assert "square.vjp" in summary
        (line,) = [line for line in "".join(self.printed).splitlines() if line.startswith("::")]
        assert line.startswith("::error file=bad.py,line=12,title=FAIL twice.vjp::dJ/dx: your gradient is")
        assert (formulas / "my reports" / "report.html").exists()

    def test_a_run_that_cannot_be_made(self, formulas):
        code, outputs, summary = self.run(formulas, claims="none.py")

        assert (code, outputs) == (2, "exit-code=2\n")
        assert "could not run" in summary

    def test_inputs_are_never_executed(self, formulas):
        evil = "good.py $(touch hacked) `touch hacked`; touch hacked"

        code, _, _ = self.run(formulas, claims=evil, options="$(touch hacked)")

        assert code == 2
        assert not (formulas / "hacked").exists()

    def test_notes_alone(self, formulas):
        """Right notes pass, and the catalogue is not checked beside them; a wrong one fails and is shown."""
        (formulas / "right.md").write_text("$z = W x$\n\n$\\frac{\\partial z}{\\partial x} = W$\n")
        (formulas / "wrong.md").write_text(WRONG_NOTE)

        code, outputs, summary = self.run(formulas, notes="right.md")
        assert (code, outputs) == (0, "exit-code=0\n")
        assert "right.md" in summary
        assert not (formulas / "reports" / "run.jsonl").exists()

        code, outputs, summary = self.run(
            formulas, notes="*.md", claims="good.py", options="--max-examples 2"
        )
        assert (code, outputs.splitlines()[-1]) == (1, "exit-code=1")
        assert "::error file=wrong.md,line=6" in "".join(self.printed)
        assert "square.vjp" in summary
        assert "wrong.md" in summary

    def test_without_the_summary(self, formulas):
        _, _, summary = self.run(formulas, claims="good.py", options="--max-examples 2", summary="false")

        assert summary == ""


def test_the_gitlab_job_names_files_that_a_run_writes(formulas):
    from gradcheck.report import FORMATS

    job = yaml.safe_load((ROOT / "examples/ci/gitlab.yml").read_text("utf-8"))["gradcheck"]
    files = [*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]]

    assert {Path(file).name for file in files} <= set(FORMATS.values())
    command = next(line for line in job["script"] if line.startswith("gradcheck"))
    words = command.replace("gradcheck", "", 1).replace("formulas/*.py", "good.py").split()
    done = subprocess.run(
        [sys.executable, "-m", "gradcheck", *words, "--max-examples", "2"], cwd=formulas, check=False
    )
    assert done.returncode == 0
    assert all((formulas / file).exists() for file in files)


@pytest.mark.skipif(shutil.which("bash") is None, reason="GitLab runs scripts in a shell")
def test_the_parallel_gitlab_jobs_end_in_one_report(formulas):
    """Two parts, one of which finds the wrong gradient, run and joined as the example does it."""
    jobs = yaml.safe_load((ROOT / "examples/ci/gitlab-parallel.yml").read_text("utf-8"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def script(job, **variables):
        lines = [line for line in jobs[job]["script"] if not line.startswith("pip ")]
        lines = [line.replace("verify", "verify good.py bad.py --max-examples 4") for line in lines]
        environment = os.environ | variables | {"PATH": path}
        command = ["bash", "-e", "-c", "\n".join(lines)]
        return subprocess.run(command, cwd=formulas, env=environment, capture_output=True, check=False)

    codes = [script("gradients", CI_NODE_INDEX=i, CI_NODE_TOTAL="2").returncode for i in ("1", "2")]
    assert sorted(codes) == [0, 1]
    assert script("report").returncode == 0
    assert "2 claims: 1 failed, 1 passed" in (formulas / "reports" / "report.md").read_text()
    (formulas / "part-2" / "run.jsonl").unlink()
    assert script("report").returncode == 1  # but it was made
    assert "Shard 1/2" in (formulas / "reports" / "report.md").read_text()
