"""What an event of a stream says: what changes in a job, and nothing that costs a query."""

from rest_framework import serializers

from prestage_plugin.api.core.fields import UtcModelSerializer
from prestage_plugin.api.jobs.documents import JobSerializer
from prestage_plugin.models import Job

__all__ = ["ProgressSerializer"]


class ProgressSerializer(UtcModelSerializer):
    """How far a job is."""

    state_display = serializers.CharField(source="get_state_display")
    cancelling = serializers.BooleanField()
    percent = serializers.IntegerField(min_value=0, max_value=100)
    counts = serializers.SerializerMethodField()

    get_counts = JobSerializer.get_counts

    class Meta:
        model = Job
        fields = [
            "id",
            "state",
            "state_display",
            "cancelling",
            "percent",
            "counts",
            "summary",
            "started_at",
            "ended_at",
        ]
        read_only_fields = fields
