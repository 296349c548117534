"""`make demo`: all five agents, and a restart of PostgreSQL in the middle."""

import os
import subprocess
import sys

from graphs.server.process import PROJECT_ROOT


def test_the_demo_shows_all_agents_and_outlives_a_restart() -> None:
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CHECKPOINT_", "ARTIFACTS_"))
    }
    result = subprocess.run(
        [sys.executable, "-m", "graphs.server.demo"],
        cwd=PROJECT_ROOT,
        env={**others, "MODEL": ""},  # the figures are the offline planner's
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    told = " ".join(result.stdout.split())
    for agent in ("analytics", "three_dp_custom", "project_bodhi", "trial_analysis", "formulation"):
        assert f"{agent}: hands over to" in told
    assert "44 weeks" in told
    assert "17.38" in told
    assert "The same run ended in success" in told
    assert "restore_session: idle" in told
