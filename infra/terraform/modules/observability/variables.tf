variable "name" {
  description = "Prefix of all names, and the namespace of Holdfast's own metrics."
  type        = string
}

variable "logs_key_arn" {
  description = "KMS key of logs and alarms; its policy has to let CloudWatch and CloudWatch Logs use it."
  type        = string
}

variable "log_retention_days" {
  description = "Days for which the logs of the tasks are kept."
  type        = number
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}: CloudWatch knows 30, 60, 90, 120, 180, 365 and some others."
  }
}

variable "alarm_emails" {
  description = "Who is told of an alarm; each address has to confirm by the mail that AWS sends."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "alarm_emails has something that is no address: write each as somebody@example.org."
  }
}

variable "services" {
  description = "Services of ECS whose logs and tasks are watched."
  type        = set(string)
}

variable "cluster_name" {
  description = "The ECS cluster."
  type        = string
}

variable "load_balancer_suffix" {
  description = "The load balancer in CloudWatch's dimensions."
  type        = string
}

variable "target_group_suffix" {
  description = "The target group of the API in CloudWatch's dimensions."
  type        = string
}

variable "database" {
  description = "The RDS instance: its name, max_connections, and the GiB of storage that it starts with."
  type = object({
    identifier        = string
    max_connections   = number
    allocated_storage = number
  })
}

variable "cache_node_ids" {
  description = "Nodes of the cache."
  type        = list(string)
}

variable "pending_runs_alarm" {
  description = "Runs that wait for 10 minutes above which somebody is told."
  type        = number
  default     = 50
}
