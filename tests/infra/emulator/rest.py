"""What a few other services of moto lack."""

import json
from collections.abc import Callable
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.rds.models import DBInstance
from moto.rds.responses import RDSResponse


def fill() -> None:
    """Put what is missing into moto."""
    _describe_rules()
    _say_whose_parameters()
    _keep_performance_insights()
    _tag_scalable_targets()
    _keep_service_settings()


def _describe_rules() -> None:
    """Security groups: a rule that names another group has its description there."""
    SecurityGroupRule.description = property(
        lambda self: self.ip_range.get("Description") or self.source_group.get("Description")
    )


def _say_whose_parameters() -> None:
    """RDS: a parameter that was set says so; Terraform's provider reads no others."""

    def describe_db_parameters(self: RDSResponse) -> ActionResult:
        [group] = self.backend.describe_db_parameter_groups(
            {"db_parameter_group_name": self.params.get("DBParameterGroupName")}
        )
        parameters = [value | {"Source": "user"} for value in group.parameters.values()]
        return ActionResult({"Parameters": parameters})

    RDSResponse.describe_db_parameters = describe_db_parameters


def _keep_performance_insights() -> None:
    """RDS: an instance remembers its Performance Insights."""
    initialise = DBInstance.__init__

    def with_insights(self: DBInstance, *positional: Any, **wanted: Any) -> None:
        initialise(self, *positional, **wanted)
        self.performance_insights_enabled = wanted.get("enable_performance_insights", False)
        self.performance_insights_kms_key_id = wanted.get("performance_insights_kms_key_id")
        self.performance_insights_retention_period = 7 if self.performance_insights_enabled else None

    DBInstance.__init__ = with_insights


def _tag_scalable_targets() -> None:
    """Application autoscaling: tags, kept with the backend."""

    def tags(self: ApplicationAutoScalingResponse) -> dict[str, str]:
        of_all = vars(self.applicationautoscaling_backend).setdefault("tags", {})
        return of_all.setdefault(self._get_param("ResourceARN"), {})

    def list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
        return json.dumps({"Tags": tags(self)})

    def tag_resource(self: ApplicationAutoScalingResponse) -> str:
        tags(self).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self: ApplicationAutoScalingResponse) -> str:
        for key in self._get_param("TagKeys"):
            tags(self).pop(key, None)
        return "{}"

    register = ApplicationAutoScalingResponse.register_scalable_target

    def register_scalable_target(self: ApplicationAutoScalingResponse) -> str:
        answer = register(self)
        of_all = vars(self.applicationautoscaling_backend).setdefault("tags", {})
        of_all.setdefault(json.loads(answer)["ScalableTargetARN"], {}).update(self._get_param("Tags") or {})
        return answer

    for operation in (list_tags_for_resource, tag_resource, untag_resource, register_scalable_target):
        setattr(ApplicationAutoScalingResponse, operation.__name__, operation)


def _keep_service_settings() -> None:
    """ECS: a service remembers how it is deployed and checked."""
    settings = ("availabilityZoneRebalancing", "deploymentConfiguration", "healthCheckGracePeriodSeconds")

    def remembering(operation: Callable[[EC2ContainerServiceResponse], ActionResult]) -> Any:
        def run(self: EC2ContainerServiceResponse) -> ActionResult:
            answer = operation(self)
            service = answer.result["service"]
            vars(service).setdefault("availability_zone_rebalancing", "DISABLED")
            for setting in settings:
                if (value := self._get_param(setting)) is not None:
                    setattr(service, camelcase_to_underscores(setting), value)
            return answer

        return run

    for name in ("create_service", "update_service"):
        operation = getattr(EC2ContainerServiceResponse, name)
        setattr(EC2ContainerServiceResponse, name, remembering(operation))
