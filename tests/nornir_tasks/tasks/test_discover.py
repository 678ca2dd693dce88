"""The tasks against the simulated fleet: true roles, true error codes, no secret, nothing left."""

import logging
from collections.abc import Callable, Iterator

import pytest
from nornir.core import Nornir
from nornir.core.task import AggregatedResult
from nornir.plugins.runners import ThreadedRunner

from nornir_tasks import PrestageRunner, assign_role, discover_role, prestage
from nornir_tasks.errors import ErrorCode
from nornir_tasks.evaluation import Role
from nornir_tasks.knowledge import Known
from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.outcome import Assignments, Discovery, HostError, Unchanged, outcome_of
from nornir_tasks.rules import ExceptionKind, RoleException, evaluate

pytestmark = pytest.mark.usefixtures("nothing_left")

Make = Callable[..., Nornir]


def outcomes(results: AggregatedResult) -> dict[str, object]:
    return {name: outcome_of(name, result) for name, result in results.items()}


def test_every_device_gets_its_true_role_or_its_true_error_code(
    fleet: Fleet,
    lab_nornir: Make,
    lab_password: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.DEBUG):
        nornir = lab_nornir().with_runner(PrestageRunner(workers=40))
        found = outcomes(nornir.run(discover_role))

    assert set(found) == {device.name for device in fleet}
    for device in fleet:
        outcome, truth = found[device.name], device.truth
        if truth.error_code is not None:
            assert isinstance(outcome, HostError), device
            assert outcome.code is truth.error_code
            continue
        assert isinstance(outcome, Discovery), outcome
        assert (outcome.main.role, outcome.main.loopback) == (truth.role_csd, truth.loopback)
        assert evaluate(outcome.facts[0], profile="extended").role is truth.role_extended
        assert outcome.read_started_at < outcome.read_ended_at
    told = repr(found) + caplog.text + "".join(capfd.readouterr())
    assert lab_password not in told
    assert "Traceback" not in told


@pytest.mark.parametrize("fault", ["hang-rpc", "no-hello", "no-banner"])
def test_a_device_that_hangs_is_cut_off_at_its_deadline(
    fleet: Fleet, lab_nornir: Make, fault: str
) -> None:
    name = next(device.name for device in fleet if device.fault == fault)
    nornir = lab_nornir(name, connect_timeout=60, rpc_timeout=60)
    results = nornir.with_runner(PrestageRunner(deadline=1.0)).run(discover_role)
    outcome = outcome_of(name, results[name])
    assert isinstance(outcome, HostError)
    assert outcome.code is ErrorCode.TIMEOUT_DEADLINE


def test_the_tasks_work_with_nornirs_own_runner_as_well(fleet: Fleet, lab_nornir: Make) -> None:
    fault = next(device.name for device in fleet if device.fault == "rpc-error")
    nornir = lab_nornir("npe-00001", "p-00001", fault).with_runner(ThreadedRunner(3))
    found = outcomes(nornir.run(discover_role))
    assert isinstance(found["npe-00001"], Discovery)
    assert isinstance(found[fault], HostError)
    assert not any(host.connections for host in nornir.inventory.hosts.values())


def test_logical_systems_are_evaluated_on_their_own(lab_nornir: Make) -> None:
    results = lab_nornir("logical-systems-00001").run(discover_role)
    discovery = results["logical-systems-00001"].result
    roles = {evaluation.device: evaluation.role for evaluation in discovery.evaluations}
    assert roles["logical-systems-00001:LS1"] is Role.N_PE
    assert roles["logical-systems-00001:LS2"] is Role.UNKNOWN


@pytest.mark.parametrize("as_mapping", [False, True])
def test_exceptions_are_for_one_device_or_for_all(lab_nornir: Make, as_mapping: bool) -> None:
    override = [RoleException(ExceptionKind.EXCLUDE)]
    results = lab_nornir("npe-00001", "npe-00002").run(
        discover_role, exceptions={"npe-00001": override} if as_mapping else override
    )
    assert results["npe-00001"].result.main.role is Role.UNKNOWN
    expected = Role.N_PE if as_mapping else Role.UNKNOWN
    assert results["npe-00002"].result.main.role is expected


def test_a_device_that_still_has_the_known_configuration_is_not_transferred(
    lab: LabProcess, lab_nornir: Make
) -> None:
    def transfers() -> int:
        rpcs = lab.statistics()["devices"]["npe-00001"]["rpcs"]
        return int(rpcs.get("get-interface-information", 0))

    nornir = lab_nornir("npe-00001")
    first = nornir.run(discover_role)["npe-00001"].result
    sent = transfers()
    fingerprint = first.facts[0].fingerprint

    same = nornir.run(discover_role, known={"npe-00001": Known(fingerprint=fingerprint)})
    assert isinstance(same["npe-00001"].result, Unchanged)
    known = Known(fingerprint=fingerprint, facts=lambda: first.facts)
    anew = nornir.run(discover_role, profile="extended", known={"npe-00001": known})
    assert anew["npe-00001"].result.main.profile == "extended"
    assert anew["npe-00001"].result.facts == first.facts
    assert transfers() == sent

    other = Known(fingerprint="commit:1:somebody")
    assert isinstance(
        nornir.run(discover_role, known={"npe-00001": other})["npe-00001"].result, Discovery
    )
    assert transfers() == sent + 1


def test_a_device_that_cannot_answer_the_short_question_is_asked_the_long_one(
    fleet: Fleet, lab_nornir: Make
) -> None:
    name = next(device.name for device in fleet if device.fault == "rpc-error")
    known = {name: Known(fingerprint="commit:1:somebody")}
    outcome = outcome_of(name, lab_nornir(name).run(discover_role, known=known)[name])
    assert isinstance(outcome, HostError)
    assert outcome.code is ErrorCode.RPC_ERROR


def test_prestage_discovers_and_assigns_and_shows_both(lab_nornir: Make) -> None:
    nornir = lab_nornir("npe-00001", "p-00001", "logical-systems-00001")
    results = nornir.with_runner(PrestageRunner()).run(prestage)
    hosts = nornir.inventory.hosts
    assert hosts["npe-00001"]["assigned_role"] == "N-PE"
    assert hosts["npe-00001"]["assigned_loopback"] == results["npe-00001"].result.main.loopback
    assert "assigned_role" not in hosts["p-00001"].data
    assert hosts["logical-systems-00001"]["assigned_roles"] == {"logical-systems-00001:LS1": "N-PE"}
    assert [part.name for part in results["npe-00001"]] == [
        "prestage",
        "discover_role",
        "assign_role",
    ]
    assert results["npe-00001"].changed
    assert not results["p-00001"].changed


def test_an_assigned_role_is_never_touched_by_a_re_run(lab_nornir: Make) -> None:
    nornir = lab_nornir("npe-00001").with_runner(PrestageRunner())
    host = nornir.inventory.hosts["npe-00001"]
    host.data["assigned_role"] = "P"
    results = nornir.run(prestage)
    assignments = results["npe-00001"][2].result
    assert isinstance(assignments, Assignments)
    assert host["assigned_role"] == "P"
    assert (assignments[0].role_before, assignments[0].role) == ("P", "P")
    assert "now recommends N-PE" in assignments[0].reason
    assert not results["npe-00001"].changed


def test_a_dry_run_records_nothing(lab_nornir: Make) -> None:
    nornir = lab_nornir("npe-00001")
    nornir.data.dry_run = True
    results = nornir.run(prestage)
    assert results["npe-00001"].changed
    assert "assigned_role" not in nornir.inventory.hosts["npe-00001"].data


def test_assigning_needs_a_discovery_that_worked(lab_nornir: Make, fleet: Fleet) -> None:
    fault = next(device.name for device in fleet if device.fault == "rpc-error")
    nornir = lab_nornir("npe-00001", fault)
    nornir.run(prestage)
    nornir.data.reset_failed_hosts()
    nornir.inventory.hosts["npe-00001"].data.clear()
    for name, result in nornir.run(assign_role).items():
        outcome = outcome_of(name, result)
        assert isinstance(outcome, HostError)
        assert outcome.code is ErrorCode.NOT_DISCOVERED


@pytest.fixture
def plain_streams() -> Iterator[None]:
    """nornir-utils replaces the process's streams when it is imported; put them back."""
    import colorama  # type: ignore[import-untyped]

    yield
    colorama.deinit()


@pytest.mark.usefixtures("plain_streams")
def test_print_result_shows_a_sentence_for_success_and_for_failure(
    lab_nornir: Make, fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    from nornir_utils.plugins.functions import print_result

    fault = next(device.name for device in fleet if device.fault == "rpc-error")
    print_result(lab_nornir("npe-00001", fault).run(prestage))
    shown = capsys.readouterr().out
    assert "npe-00001: N-PE (capabilities) loopback " in shown
    assert "npe-00001: N-PE (recommended: capabilities)" in shown
    assert "permission denied (access-denied). [rpc-error]" in shown
    assert "Traceback" not in shown
    assert "Evaluation(" not in shown


def test_a_host_without_platform_or_with_another_one_says_so(lab_nornir: Make) -> None:
    nornir = lab_nornir("npe-00001")
    nornir.inventory.hosts["npe-00001"].platform = "toaster"
    outcome = outcome_of("npe-00001", nornir.run(discover_role)["npe-00001"])
    assert isinstance(outcome, HostError)
    assert outcome.code is ErrorCode.UNSUPPORTED_PLATFORM


def test_an_unknown_profile_is_refused_before_the_device_is_contacted(
    lab_nornir: Make, lab: LabProcess
) -> None:
    before = lab.statistics()["sessions_opened"]
    results = lab_nornir("npe-00001").run(discover_role, profile="nowhere")
    outcome = outcome_of("npe-00001", results["npe-00001"])
    assert isinstance(outcome, HostError)
    assert outcome.code is ErrorCode.BAD_REQUEST
    assert lab.statistics()["sessions_opened"] == before
