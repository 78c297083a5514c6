"""The whole payload of a job."""

from pydantic import ConfigDict, Field

from preview_worker.contract.fields import DateTime, Flag, JobIdText, ProjectIdText, RequestIdText, Whole, Wire
from preview_worker.contract.kinds import Priority
from preview_worker.contract.request import PreviewRequest

ATTEMPTS_MAX = 20


class PreviewJob(Wire):
    """A job: who asks, and what to preview. No other key may stand here."""

    model_config = ConfigDict(title="Preview job")

    job_id: JobIdText = Field(description="Name of the job, compared without case; it names one content for good.")
    project_id: ProjectIdText = Field(description="Name of the project, compared without case; assets live below it.")
    request_id: RequestIdText = Field(description="The producer's name for this request, for the logs.")
    dry_run: Flag = Field(description="Plans without rendering.")
    priority: Priority = Field(default=Priority.NORMAL, description="How urgently the job is taken.")
    attempts: Whole = Field(default=0, ge=0, le=ATTEMPTS_MAX, description="Runs allowed; 0: the service's 5.")
    created_at: DateTime | None = Field(default=None, description="When the producer made the payload.")
    updated_at: DateTime | None = Field(default=None, description="When the producer last changed it.")
    preview_request: PreviewRequest = Field(description="What to preview.")
