"""Killing processes while they write: nothing is half, nothing that was acknowledged is lost."""

import random
import signal
import time
from itertools import count

import pytest
from evidence.faults.nursery import Nursery
from evidence.faults.stores import Store

KILLED = -signal.SIGKILL
AT_ONCE = 3
# Longer than the life of one run and one event, whoever else is at work.
LONGEST_S = 0.15


@pytest.mark.parametrize(
    "kills",
    [pytest.param(30, marks=pytest.mark.slow), pytest.param(1000, marks=pytest.mark.soak)],
)
def test_killed_writers_leave_no_half_pack_and_lose_nothing(
    kills: int, nursery: Nursery, store: Store
) -> None:
    dice = random.Random(kills)
    for start in range(0, kills, AT_ONCE):
        count = min(AT_ONCE, kills - start)
        writers = [
            nursery.start("write_on", runs=store.runs, said=store.said / f"{start + k}")
            for k in range(count)
        ]
        for writer in writers:
            time.sleep(dice.uniform(0, LONGEST_S))
            writer.kill()
        assert [writer.wait() for writer in writers] == [KILLED] * count
        store.assert_sound()
    store.forget()
    store.assert_sound()
    assert store.left["open"] > 0
    assert kills < 1000 or store.left["unpublished"] > 0


@pytest.mark.slow
def test_a_writer_may_be_killed_before_any_of_its_steps(nursery: Nursery, store: Store) -> None:
    for step in count(1):
        said = store.said / f"{step}"
        status = nursery.start("write_once", runs=store.runs, said=said, step=step).wait()
        store.assert_sound()
        if status != KILLED:
            break
    assert status == 0
    assert step > 30
    assert store.left["open"] > 20
    assert store.left["unpublished"] > 0


def crash_everywhere(nursery: Nursery, store: Store) -> None:
    """Leave runs in all the states in which a crash can leave one."""
    for step in count(1, 2):
        said = store.said / f"{step}"
        if nursery.start("write_once", runs=store.runs, said=said, step=step).wait() == 0:
            return


@pytest.mark.slow
def test_recovery_may_be_killed_before_any_of_its_steps(nursery: Nursery, store: Store) -> None:
    crash_everywhere(nursery, store)
    unpublished = [one.name for one in store.registry.leftovers() if one.kind == "unpublished"]
    assert unpublished
    for step in count(1):
        status = nursery.start("recover", runs=store.runs, step=step).wait()
        if status != KILLED:
            break
    assert status == 0
    assert step > 50
    store.assert_sound()
    assert {*unpublished} <= {*store.registry.roots()}


@pytest.mark.slow
def test_deletion_may_be_killed_before_any_of_its_steps(nursery: Nursery, store: Store) -> None:
    for step in count(1):
        said = store.said / f"{step}"
        assert nursery.start("write_once", runs=store.runs, said=said).wait() == 0
        run_id = said.read_text("utf-8").split()[1]
        order = {"runs": store.runs, "said": said, "run_id": run_id}
        status = nursery.start("delete", **order, step=step).wait()
        store.assert_sound()
        if status != KILLED:
            break
    assert status == 0
    assert step > 5
    assert store.left["deleted"] > 0
    assert store.registry.row(run_id).deleted == "a test of deletions"
