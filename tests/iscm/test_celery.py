"""What beat asks for exists, and worker and beat leave a sign of life."""

from datetime import UTC, datetime

import pytest

from core import heads, pulse
from core.tasks import prune_outbox, sweep, write_head
from iscm.celery import app


def test_everything_on_beats_schedule_is_a_task_that_the_worker_knows():
    app.loader.import_default_modules()
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] in app.tasks, name


@pytest.mark.django_db
def test_a_sweep_is_a_sign_of_life_and_a_broker_that_is_down_does_not_stop_it(settings):
    sweep()
    assert pulse.silence() < 30
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    sweep()


@pytest.mark.django_db
def test_the_daily_tasks_run_and_write_the_head_down(world, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    write_head()
    assert not heads.path().exists(), "nothing is sealed yet"
    world.sent_order()
    sweep()
    write_head()
    assert heads.path().read_text().startswith(f"{datetime.now(UTC):%Y-%m-%d}")
    prune_outbox()
