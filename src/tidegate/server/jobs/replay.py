"""The job that tries a policy on the past."""

from __future__ import annotations

from tidegate.server import queueing
from tidegate.server.jobs.app import app


@app.task(queue="long", lock="replay", name=queueing.REPLAY)
def policy_replay(replay_id: int) -> None:
    """Replay the last weeks under a version and under the one in force; one at a time."""
    from tidegate.server.desk.policies.replaying import replay_run

    replay_run(replay_id=replay_id)
