mock_provider "aws" {
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/holdfast-worker:1" }
  }
}

variables {
  name               = "holdfast-worker"
  region             = "eu-central-1"
  cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/holdfast"
  cluster_name       = "holdfast"
  image              = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/holdfast:1"
  command            = ["/storage/queue_entrypoint.sh"]
  environment        = { PORT = "8000", N_JOBS_PER_WORKER = "10" }
  secrets            = { DATABASE_URI = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:uri" }
  cpu                = 1024
  memory             = 4096
  health_path        = "/ok?check_db=0"
  subnet_ids         = ["subnet-a", "subnet-b"]
  security_group_id  = "sg-1"
  execution_role_arn = "arn:aws:iam::123456789012:role/execution"
  task_role_arn      = "arn:aws:iam::123456789012:role/worker"
  log_group          = "/holdfast/worker"
  min_tasks          = 1
  max_tasks          = 4
  queue = {
    namespace      = "holdfast"
    pending_metric = "PendingRuns"
    running_metric = "RunningRuns"
    jobs_per_task  = 10
    target_percent = 75
  }
}

run "a_worker" {
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].command == ["/storage/queue_entrypoint.sh"]
    error_message = "The queue's entrypoint is what runs."
  }

  assert {
    condition     = strcontains(jsonencode(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].healthCheck), ":8000/ok?check_db=0")
    error_message = "The check of the container asks no database."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].stopTimeout == 120 && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].readonlyRootFilesystem
    error_message = "The longest stop that Fargate has, and nothing to write to but /tmp."
  }

  assert {
    condition     = length(aws_appautoscaling_policy.requests) == 0 && length(aws_ecs_service.this.load_balancer) == 0
    error_message = "No load balancer leads to a worker."
  }

  assert {
    condition = contains(
      [for metric in one(one(aws_appautoscaling_policy.queue[0].target_tracking_scaling_policy_configuration).customized_metric_specification).metrics : metric.expression],
      "100 * (pending + running) / (tasks * 10)",
    )
    error_message = "Scaling counts runs that wait and runs at work against all jobs."
  }

  assert {
    condition     = one(aws_ecs_service.this.deployment_circuit_breaker).rollback && aws_ecs_service.this.desired_count == 1
    error_message = "A deployment that fails goes back."
  }
}

run "an_api_task" {
  variables {
    command = null
    queue   = null
    target_group = {
      arn                  = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/holdfast-api/1"
      load_balancer_suffix = "app/holdfast/1"
      target_group_suffix  = "targetgroup/holdfast-api/1"
      requests_per_minute  = 600
    }
  }

  assert {
    condition     = !contains(keys(jsondecode(aws_ecs_task_definition.this.container_definitions)[0]), "command")
    error_message = "The image's own command is the API server."
  }

  assert {
    condition     = one(one(aws_appautoscaling_policy.requests[0].target_tracking_scaling_policy_configuration).predefined_metric_specification).resource_label == "app/holdfast/1/targetgroup/holdfast-api/1"
    error_message = "Scaling follows the requests of this target group."
  }

  assert {
    condition     = length(aws_appautoscaling_policy.queue) == 0 && one(aws_ecs_service.this.load_balancer).container_port == 8000
    error_message = "The API has no jobs and is behind the load balancer."
  }
}

run "killed_before_the_grace_period_ends" {
  command = plan

  variables {
    grace_period = 120
  }

  expect_failures = [var.stop_timeout]
}

run "what_can_not_be" {
  command = plan

  variables {
    stop_timeout      = 180 # Fargate waits 120 s
    cpu               = 1024
    memory            = 16384
    min_tasks         = 0
    ephemeral_storage = 500
    cpu_target        = 100
  }

  expect_failures = [
    var.stop_timeout,
    var.memory,
    var.min_tasks,
    var.ephemeral_storage,
    var.cpu_target,
  ]
}

run "a_cpu_that_fargate_has_not_and_fewer_tasks_at_most_than_at_least" {
  command = plan

  variables {
    cpu       = 1000
    max_tasks = 0
  }

  expect_failures = [var.memory, var.max_tasks]
}
