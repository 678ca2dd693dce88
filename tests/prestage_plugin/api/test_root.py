import pytest
from rest_framework.test import APIClient

from prestage_plugin.api.version import API_VERSION

pytestmark = pytest.mark.django_db
ROOT = "/prestage/api/v1/"


def test_the_root_leads_to_every_resource(api: APIClient) -> None:
    document = api.get(ROOT).json()

    assert document["version"] == API_VERSION
    for name, address in document["resources"].items():
        # Who may not see it is told so, and `classify/` is not read.
        assert api.get(address).status_code in {200, 403, 405}, name
    listed = set(document["resources"].values())
    assert {f"http://testserver{ROOT}{name}/" for name in ("jobs", "listeners", "what-if")} < listed
