import kfp_server_api as kfp

from pipeline.submit.tasks import tasks
from tests.unit.pipeline.courses import detail, failing, run


def test_a_run_that_has_not_begun_has_no_tasks() -> None:
    assert tasks(kfp.V2beta1Run(run_id="run-1", state="PENDING")) == []


def test_a_task_is_told_by_its_loops_and_drivers_are_no_tasks() -> None:
    seen = tasks(failing()[-1])
    assert [task.path for task in seen if not task.is_plumbing] == [
        "split",
        "for-loop-1",
        "for-loop-1/train",
        "for-loop-1/train",
    ]


def test_the_innermost_failure_is_the_pods() -> None:
    (blamed,) = [task for task in tasks(failing()[-1]) if task.is_innermost_failure]
    assert (blamed.path, blamed.pod) == ("for-loop-1/train", "handseg-x2-executor-7")


def test_a_server_that_links_downwards_gives_the_same_tree() -> None:
    # A node lists its children by their pods; a driver lists what comes after it.
    outer = detail(1, "train", "FAILED")
    outer.child_tasks = [kfp.PipelineTaskDetailChildTask(pod_name="pod-2")]
    driver = detail(3, "train-driver", "SUCCEEDED")
    driver.child_tasks = [kfp.PipelineTaskDetailChildTask(task_id="task-1")]
    inner = detail(2, "executor", "FAILED", pod="pod-2", error="exit code 137")
    (blamed,) = [t for t in tasks(run("FAILED", outer, driver, inner)) if t.is_innermost_failure]
    assert (blamed.path, blamed.pod, blamed.error) == ("train", "pod-2", "exit code 137")


def test_tasks_come_in_the_order_in_which_they_began() -> None:
    seen = tasks(run("RUNNING", detail(2, "preprocess", "RUNNING"), detail(1, "split", "RUNNING")))
    assert [task.path for task in seen] == ["split", "preprocess"]
