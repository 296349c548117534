variable "name" {
  description = "Name of the service, its task definition and its container."
  type        = string
}

variable "region" {
  description = "Region of AWS. It is not looked up here: the root lets the module wait for its roles, and a lookup would wait with it."
  type        = string
}

variable "cluster_arn" {
  description = "The ECS cluster."
  type        = string
}

variable "cluster_name" {
  description = "Its name, for scaling and metrics."
  type        = string
}

variable "image" {
  description = "Image with its tag."
  type        = string
}

variable "command" {
  description = "What the container runs in place of the image's own command; null: the image's own, which is the API server."
  type        = list(string)
  default     = null
}

variable "environment" {
  description = "Variables of the environment. They can be read by whoever may describe tasks: no secrets here."
  type        = map(string)
}

variable "secrets" {
  description = "Variables of the environment and the ARN of the secret that each takes its value from when a task starts."
  type        = map(string)
}

variable "cpu" {
  description = "CPU of a task, in units of which 1024 are one vCPU."
  type        = number
}

variable "memory" {
  description = "Memory of a task, in MiB."
  type        = number

  validation {
    condition = (
      contains([512, 1024, 2048, 4096, 8192, 16384], var.cpu) &&
      contains({
        512   = range(1024, 4096 + 1, 1024)
        1024  = range(2048, 8192 + 1, 1024)
        2048  = range(4096, 16384 + 1, 1024)
        4096  = range(8192, 30720 + 1, 1024)
        8192  = range(16384, 61440 + 1, 4096)
        16384 = range(32768, 122880 + 1, 8192)
      }[contains([512, 1024, 2048, 4096, 8192, 16384], var.cpu) ? var.cpu : 512], var.memory)
    )
    error_message = "cpu is ${var.cpu} and memory is ${var.memory}: Fargate has no such size. For 1024 units of CPU it has 2048 to 8192 MiB in steps of 1024, for 2048 units 4096 to 16384."
  }
}

variable "ephemeral_storage" {
  description = "Local disk of a task, in GiB: what does not fit into memory, and uploads on their way."
  type        = number
  default     = 50

  validation {
    condition     = var.ephemeral_storage >= 21 && var.ephemeral_storage <= 200
    error_message = "ephemeral_storage is ${var.ephemeral_storage}: Fargate has 21 to 200 GiB."
  }
}

variable "read_only" {
  description = "Mount the image read-only; a task then writes to /tmp alone."
  type        = bool
  default     = true
}

variable "port" {
  description = "Port that the container listens at."
  type        = number
  default     = 8000
}

variable "health_path" {
  description = "Path that answers 200 as long as the process serves. It must not ask the database: ECS ends a task that fails, and a restart does not bring a database back."
  type        = string
}

variable "stop_timeout" {
  description = "Seconds between SIGTERM and SIGKILL."
  type        = number
  default     = 120

  validation {
    condition     = var.stop_timeout > var.grace_period && var.stop_timeout <= 120
    error_message = "stop_timeout is ${var.stop_timeout}: Fargate waits 120 s at most, and it has to be longer than grace_period, ${var.grace_period}, or runs are killed instead of queued again."
  }
}

variable "grace_period" {
  description = "BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS: seconds for which the server lets its runs finish before it queues them again."
  type        = number
  default     = 90

  validation {
    condition     = var.grace_period >= 1
    error_message = "grace_period is ${var.grace_period}: give 1 second or more."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the tasks."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the tasks."
  type        = string
}

variable "execution_role_arn" {
  description = "Role with which ECS pulls the image, reads the secrets and writes the log."
  type        = string
}

variable "task_role_arn" {
  description = "Role of the code in the task."
  type        = string
}

variable "log_group" {
  description = "Log group of the container."
  type        = string
}

variable "min_tasks" {
  description = "Tasks at least."
  type        = number

  validation {
    condition     = var.min_tasks >= 1 && floor(var.min_tasks) == var.min_tasks
    error_message = "min_tasks is ${var.min_tasks}: give a whole number, 1 or more. Without a worker runs wait for ever, and none would start one."
  }
}

variable "max_tasks" {
  description = "Tasks at most, not counting the old ones of a rolling update."
  type        = number

  validation {
    condition     = var.max_tasks >= var.min_tasks && floor(var.max_tasks) == var.max_tasks
    error_message = "max_tasks is ${var.max_tasks}: give a whole number, min_tasks (${var.min_tasks}) or more."
  }
}

variable "cpu_target" {
  description = "CPU that scaling holds, in per cent of what the tasks have."
  type        = number
  default     = 60

  validation {
    condition     = var.cpu_target >= 10 && var.cpu_target <= 90
    error_message = "cpu_target is ${var.cpu_target}: give 10 to 90 per cent."
  }
}

variable "target_group" {
  description = "Load balancer before the tasks: where they register, its name and the target group's for CloudWatch, and the requests that scaling holds for each task and minute. null: none."
  type = object({
    arn                  = string
    load_balancer_suffix = string
    target_group_suffix  = string
    requests_per_minute  = number
  })
  default = null
}

variable "queue" {
  description = "The queue of runs: where its depth is in CloudWatch, jobs of one task, and the share of all jobs, in per cent, that scaling holds at work or waited for. null: the tasks run no jobs."
  type = object({
    namespace      = string
    pending_metric = string
    running_metric = string
    jobs_per_task  = number
    target_percent = number
  })
  default = null
}
