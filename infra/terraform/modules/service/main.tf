locals {
  temporary = "tmp"

  container = {
    name      = var.name
    image     = var.image
    essential = true
    command   = var.command

    environment = [for name in sort(keys(var.environment)) : { name = name, value = var.environment[name] }]
    secrets     = [for name in sort(keys(var.secrets)) : { name = name, valueFrom = var.secrets[name] }]

    portMappings = [{ containerPort = var.port, hostPort = var.port, protocol = "tcp" }]

    # Python, since the image has it for certain; three failures after the start, half a minute apart, end the task
    healthCheck = {
      command = [
        "CMD", "python", "-c",
        "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:${var.port}${var.health_path}', timeout=8)",
      ]
      interval = 30
      timeout  = 10
      retries  = 3
      # the server waits for its database that long before it serves
      startPeriod = 180
    }

    stopTimeout            = var.stop_timeout
    readonlyRootFilesystem = var.read_only
    mountPoints            = [{ sourceVolume = local.temporary, containerPath = "/tmp", readOnly = false }]
    linuxParameters        = { initProcessEnabled = true }
    volumesFrom            = []
    systemControls         = []

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = var.log_group
        awslogs-region        = var.region
        awslogs-stream-prefix = "task"
        # a log that can't be written must not stop the server
        mode            = "non-blocking"
        max-buffer-size = "25m"
      }
    }
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  ephemeral_storage {
    size_in_gib = var.ephemeral_storage
  }

  volume {
    name = local.temporary
  }

  container_definitions = jsonencode([{ for key, value in local.container : key => value if value != null }])

  # the old revision goes when the service has left it
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_ecs_service" "this" {
  name                = var.name
  cluster             = var.cluster_arn
  task_definition     = aws_ecs_task_definition.this.arn
  launch_type         = "FARGATE"
  platform_version    = "LATEST"
  scheduling_strategy = "REPLICA"
  desired_count       = var.min_tasks
  propagate_tags      = "SERVICE"

  # `terraform apply` ends when the new tasks serve, or says that they don't
  wait_for_steady_state = true

  # new tasks beside the old ones, which stop when the new ones are well; the connection budget counts both
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_id]
    assign_public_ip = false
  }

  dynamic "load_balancer" {
    for_each = var.target_group == null ? [] : [var.target_group]

    content {
      target_group_arn = load_balancer.value.arn
      container_name   = var.name
      container_port   = var.port
    }
  }

  health_check_grace_period_seconds = var.target_group == null ? null : 180

  timeouts {
    create = "30m"
    update = "30m"
  }

  # autoscaling's
  lifecycle {
    ignore_changes = [desired_count]
  }
}

# --- Scaling ----------------------------------------------------------------------------------------------

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster_name}/${aws_ecs_service.this.name}"
  min_capacity       = var.min_tasks
  max_capacity       = var.max_tasks
}

resource "aws_appautoscaling_policy" "cpu" {
  name               = "${var.name}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.cpu_target
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

resource "aws_appautoscaling_policy" "requests" {
  count = var.target_group == null ? 0 : 1

  name               = "${var.name}-requests"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.target_group.requests_per_minute
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${var.target_group.load_balancer_suffix}/${var.target_group.target_group_suffix}"
    }
  }
}

# Runs that wait and runs at work, against the jobs that all tasks have. Runs that wait alone would take tasks away while
# all of them are busy, and cut their runs.
resource "aws_appautoscaling_policy" "queue" {
  count = var.queue == null ? 0 : 1

  name               = "${var.name}-queue"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.queue.target_percent
    scale_out_cooldown = 60
    scale_in_cooldown  = 600

    customized_metric_specification {
      metrics {
        id          = "pending"
        return_data = false

        metric_stat {
          # each API task tells the same number of the whole queue
          stat = "Maximum"

          metric {
            namespace   = var.queue.namespace
            metric_name = var.queue.pending_metric
          }
        }
      }

      metrics {
        id          = "running"
        return_data = false

        metric_stat {
          stat = "Maximum"

          metric {
            namespace   = var.queue.namespace
            metric_name = var.queue.running_metric
          }
        }
      }

      metrics {
        id          = "tasks"
        return_data = false

        metric_stat {
          stat = "Average"

          metric {
            namespace   = "ECS/ContainerInsights"
            metric_name = "RunningTaskCount"

            dimensions {
              name  = "ClusterName"
              value = var.cluster_name
            }

            dimensions {
              name  = "ServiceName"
              value = var.name
            }
          }
        }
      }

      metrics {
        id          = "occupied"
        label       = "Jobs at work or waited for, in per cent of all"
        expression  = "100 * (pending + running) / (tasks * ${var.queue.jobs_per_task})"
        return_data = true
      }
    }
  }
}
