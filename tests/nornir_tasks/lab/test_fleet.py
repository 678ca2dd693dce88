import pytest
from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.evaluation import Role
from nornir_tasks.lab import CATALOG, FAULTS, Fleet
from nornir_tasks.lab.tree import parse_content

KINDS = sorted(CATALOG)

ROLES = {
    "npe": (Role.N_PE, Role.N_PE),
    "npe-comment": (Role.N_PE, Role.N_PE),
    "groups": (Role.N_PE, Role.N_PE),
    "multi-loopback": (Role.N_PE, Role.N_PE),
    "p": (Role.UNKNOWN, Role.P),
    "p-ebgp": (Role.P, Role.P),
    "asbr": (Role.P, Role.N_PE),
    "ce": (Role.P, Role.UNKNOWN),
    "deactivated": (Role.UNKNOWN, Role.P),
    "logical-systems": (Role.UNKNOWN, Role.P),
    "no-loopback": (Role.UNKNOWN, Role.UNKNOWN),
    "ipv6-only": (Role.UNKNOWN, Role.UNKNOWN),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_of_each_kind_is_what_the_spec_decides(kind: str) -> None:
    truth = Fleet.of({kind: 1}).devices[0].truth
    assert (truth.role_csd, truth.role_extended) == ROLES[kind]
    assert (truth.loopback is None) == (kind in {"no-loopback", "ipv6-only"})
    assert truth.error_code is None
    assert truth.uni


@pytest.mark.parametrize("size", [4_000, 16_000, 120_000])
@pytest.mark.parametrize("kind", KINDS)
def test_configurations_are_well_formed_and_of_the_size_that_was_asked(
    kind: str, size: int
) -> None:
    for device in Fleet.of({kind: 5}, size=size):
        content = device.blueprint().content
        assert 0.8 * size <= len(content.encode()) <= 1.2 * size
        assert parse_content(content).findtext("system/host-name") == device.name


def test_a_configuration_of_two_megabytes_is_well_formed_and_of_that_size() -> None:
    content = Fleet.of({"npe": 1}, size=2_000_000).devices[0].blueprint().content
    assert 1_600_000 <= len(content.encode()) <= 2_400_000
    assert len(parse_content(content)) > 0


def test_some_descriptions_are_outside_ascii() -> None:
    device = Fleet.of({"npe": 1}).devices[0]
    assert not device.blueprint().content.isascii()


def test_the_same_arguments_give_the_same_fleet_and_another_seed_another_one() -> None:
    def contents(seed: int) -> list[str]:
        fleet = Fleet.generate(devices=40, seed=seed, faulty=20)
        return [f"{device}{device.blueprint().content}" for device in fleet]

    assert contents(1) == contents(1)
    assert contents(1) != contents(2)


def test_a_mixed_fleet_has_every_kind_and_mostly_provider_edges() -> None:
    fleet = Fleet.generate(devices=1000)
    kinds = [device.kind for device in fleet]
    assert set(kinds) == set(CATALOG)
    assert kinds.count("npe") > 450
    assert sum(kind.share for kind in CATALOG.values()) == 100


def test_names_addresses_and_loopbacks_are_unique_in_ten_thousand_devices() -> None:
    fleet = Fleet.generate(devices=10_000)
    assert len({device.name for device in fleet}) == 10_000
    assert len({device.address for device in fleet}) == 10_000
    assert all(device.address.startswith("127.") for device in fleet)


def test_the_share_of_faulty_devices_is_met_and_all_faults_take_turns() -> None:
    fleet = Fleet.generate(devices=500, faulty=10)
    faulty = [device for device in fleet if device.fault]
    assert len(faulty) == 50
    assert {device.fault for device in faulty} == set(FAULTS)
    for device in faulty:
        assert device.fault is not None
        assert device.truth.error_code == FAULTS[device.fault]


def test_exact_numbers_and_faults_can_be_ordered() -> None:
    fleet = Fleet.of({"npe": 2, "p": 1}, faults={"hang-rpc": 2})
    assert [device.name for device in fleet] == [
        "npe-00001",
        "npe-00002",
        "p-00001",
        "npe-00003",
        "npe-00004",
    ]
    assert [device.fault for device in fleet] == [None, None, None, "hang-rpc", "hang-rpc"]
    assert fleet["npe-00003"].truth.error_code is ErrorCode.TIMEOUT_RPC


def test_a_fleet_survives_the_way_to_another_process() -> None:
    fleet = Fleet.generate(devices=30, faulty=30)
    assert Fleet.from_rows(fleet.rows()).devices == fleet.devices


def test_logical_systems_have_a_truth_of_their_own() -> None:
    truth = Fleet.of({"logical-systems": 1}).devices[0].truth
    assert truth.logical_systems["LS1"].role_csd is Role.N_PE
    assert truth.logical_systems["LS1"].loopback is not None
    assert truth.logical_systems["LS2"].role_csd is Role.UNKNOWN
    assert truth.logical_systems["LS2"].loopback is None


def test_the_loopback_choice_differs_between_devices_with_several_addresses() -> None:
    ends = []
    for device in Fleet.of({"multi-loopback": 4}):
        tree = etree.fromstring(f'<c xmlns:junos="urn:j">{device.blueprint().content}</c>'.encode())
        addresses = [
            (entry.text or "").removesuffix("/32")
            for entry in tree.iterfind(
                "interfaces/interface[name='lo0']/unit/family/inet/address/name"
            )
        ]
        assert device.truth.loopback in addresses
        assert len(addresses) == 4
        ends.append(addresses.index(str(device.truth.loopback)))
    assert len(set(ends)) == 3


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fleet.generate(devices=0),
        lambda: Fleet.generate(devices=5, faulty=101),
        lambda: Fleet.generate(devices=5, size=100),
        lambda: Fleet.of({"toaster": 1}),
        lambda: Fleet.of({}, faults={"gremlins": 1}),
        lambda: Fleet.of({}),
    ],
)
def test_impossible_orders_are_refused_in_one_sentence(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PrestageError) as caught:
        make()
    assert caught.value.code is ErrorCode.INVENTORY
    assert caught.value.text.endswith(".")
